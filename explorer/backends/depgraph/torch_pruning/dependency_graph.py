"""Torch-Pruning's dependency graph, read with axes and walked on index arrays.

The library sees no axes and no layers that it does not know: what it takes for elementwise is wrong, hangs or raises
wherever a network reshapes, attends or recurs; and its index lists hold one Python tuple for each feature. Its order,
its pruning functions, scores and rankings stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch_pruning as tp
from torch import nn
from torch_pruning import ops
from torch_pruning.dependency.dependency import Dependency
from torch_pruning.pruner import function

from explorer.anatomy.attention import attentions
from explorer.anatomy.bound import bound_layers
from explorer.anatomy.counting import layers_of_ones_own
from explorer.anatomy.inputs import Example, tensors_in
from explorer.anatomy.scopes import sequence_of
from explorer.anatomy.silencing import is_norm
from explorer.anatomy.structure import Indices
from explorer.anatomy.transposed import Conv1D
from explorer.backends.depgraph.torch_pruning.flows import Size, numbered
from explorer.backends.depgraph.torch_pruning.groups import Group, Link, Walk
from explorer.backends.depgraph.torch_pruning.heads import Core, put_heads
from explorer.backends.depgraph.torch_pruning.layer_kinds import why_whole
from explorer.backends.depgraph.torch_pruning.parts import ALL_TOGETHER, axis_of, settle_parts
from explorer.backends.depgraph.torch_pruning.reading import Box, Reading
from explorer.backends.depgraph.torch_pruning.running import recorded
from explorer.backends.depgraph.torch_pruning.tracking import Tracker
from explorer.backends.depgraph.torch_pruning.whole_heads import in_order
from explorer.values import Axis

ROOTS = (ops.TORCH_CONV, ops.TORCH_LINEAR, Conv1D)  # layers whose output channels a group may start from


class Graph(tp.DependencyGraph):
    """The library's graph of one network."""

    def build_dependency(self, model: nn.Module, example_inputs: Example, **options: Any) -> Graph:
        """Read one forward pass; see the library's own method."""
        self.verbose = False
        self.model = model
        self.time = 0  # counts what was pruned: numbers of channels are asked for anew after each
        self.by_head: dict[tuple[nn.Module, Any], int] = {}  # root that a pruner numbers so -> its heads
        self.ignored_params = options.get("ignored_params") or []
        self._module2name = {module: name for name, module in model.named_modules()}
        self._param_to_name, self.unwrapped_parameters = self._detect_unwrapped_parameters(None)
        self.module2node = self._trace(model, example_inputs, options.get("forward_fn"), None)
        self._build_dependency(self.module2node)
        return self

    def _trace(
        self, model: nn.Module, example_inputs: Example, forward_fn: Any, output_transform: Any
    ) -> dict[Any, Box]:
        model.eval()
        found = list(attentions(model))
        owners = {one.owner for one in found if not one.adapter.called}
        run = recorded(model, example_inputs, owners, {norm for one in found for norm in one.norms})
        self.scopes = run.scopes
        names = {**self._module2name, **self._param_to_name}
        bare = dict(self.unwrapped_parameters)
        reading = Reading(run.calls, names, bare, _holders(model), run.entries, run.results.made)
        put_heads(reading.read(tensors_in(run.output)), found, self.scopes.spans)
        self._keep_whole(reading)
        Tracker(
            reading,
            lambda box: self.width(box, Axis.OUT),
            self._live,
            self._where,
            lambda fn: self.scopes.place(sequence_of(fn)),
            layers_of_ones_own(model),
            {name for module, name in self._module2name.items() if is_norm(module)},
        ).track(run.results.watched)
        return reading.boxes

    def _build_dependency(self, module2node: dict[Any, Box]) -> None:
        for box in module2node.values():
            pruner = self.get_pruner_of_module(box.module)
            for edge in (edge for edge in box.arrivals if not edge.loose):
                handler = self.get_pruner_of_module(edge.source.module).prune_out_channels
                box.dependencies.append(Link(pruner.prune_in_channels, handler, edge, along=False))
            for edge in (edge for edge in box.departures if not edge.ended):
                handler = self.get_pruner_of_module(edge.target.module).prune_in_channels
                box.dependencies.append(Link(pruner.prune_out_channels, handler, edge, along=True))

    def get_pruning_group(self, module: nn.Module, pruning_fn: Any, idxs: Sequence[int]) -> Group:
        """What has to go with some channels of a layer, as a pruner numbers them."""
        heads = self.by_head.get((module, pruning_fn), 1)
        return self._group(module, pruning_fn, in_order(np.asarray(idxs, dtype=np.int64), heads))

    def _group(self, module: nn.Module, pruning_fn: Any, channels: Indices) -> Group:
        if isinstance(module, ops.TORCH_CONV) and module.groups == module.out_channels > 1:
            pruning_fn = function.prune_depthwise_conv_out_channels
        box = self.module2node[module]
        root = Dependency(pruning_fn, pruning_fn, source=box, target=box)
        return Walk(root, numbered(channels)).group(self)

    def get_all_groups(
        self, ignored_layers: Sequence[nn.Module] = (), root_module_types: Any = ROOTS
    ) -> Iterator[Group]:
        """Every group once, in the library's order."""
        ignored, visited = set(ignored_layers), set[Any]()
        roots: list[Any] = [m for m in self.module2node if isinstance(m, tuple(root_module_types))]
        for module in roots:
            if module in ignored or module in visited:
                continue
            group = self._whole_group(module)
            given_out = {dep.target.module for dep, _ in group if self.is_out_channel_pruning_fn(dep.handler)}
            visited |= given_out
            settle_parts(group, self)
            if group.wall == ALL_TOGETHER:
                group = self._numbered_elsewhere(group) or group
            if given_out.isdisjoint(ignored):
                yield group

    def _whole_group(self, module: nn.Module) -> Group:
        """All channels of a layer. Where it makes several of queries, keys and values, one stands for them."""
        prune_outputs = self.get_pruner_of_module(module).prune_out_channels
        group = self._group(module, prune_outputs, np.arange(self.get_out_channels(module)))
        cores = (dep.target.module for dep, _ in group if isinstance(dep.target.module, Core))
        attention = next((core.attention for core in cores if core.attention.makes_several(module)), None)
        if attention is None:
            return group
        output = self.module2node[attention.layers[3]]
        prune = self.get_pruner_of_module(output.module).prune_in_channels
        root = Dependency(prune, prune, source=self.module2node[module], target=output)
        return Walk(root, numbered(np.arange(attention.width))).group(self)

    def _numbered_elsewhere(self, group: Group) -> Group | None:
        """The same group from its narrowest layer, where several channels of others go with each; None if none goes."""
        whole = [item for item in group.items if self._is_whole_layer(item)]
        root = min(whole, key=lambda item: len(item.idxs)).dep
        if len(whole[0].idxs) <= (channels := self._channels(root)):
            return None
        start = Dependency(root.handler, root.handler, source=group[0].dep.target, target=root.target)
        found = Walk(start, numbered(np.arange(channels))).group(self)
        settle_parts(found, self)
        return None if found.wall or _axes(found) != _axes(group) else found

    def _is_whole_layer(self, item: Any) -> bool:
        """Whether an item is all that a layer reads, or gives out."""
        return isinstance(item.dep.target.module, ROOTS) and len(item.idxs) == self._channels(item.dep)

    def _channels(self, dep: Any) -> int:
        return self.width(dep.target, axis_of(self, dep.handler))

    def width(self, box: Box, axis: Axis) -> int:
        """Channels on an axis now; 0 where a box stores none."""
        return int((self.get_out_channels if axis is Axis.OUT else self.get_in_channels)(box) or 0)

    def _live(self, compute: Size) -> Size:
        known = [-1, 0]

        def size() -> int:
            if known[0] != self.time:
                known[:] = self.time, compute()
            return known[1]

        return size

    def _where(self, fn: Any) -> str:
        span = self.scopes.innermost(sequence_of(fn))
        return f"in '{span.module}'" if span else "in the network's own forward"

    def _keep_whole(self, reading: Reading) -> None:
        """Say of each layer that cannot lose channels why."""
        bound = bound_layers(self.model)
        for module, box in reading.boxes.items():
            if not isinstance(module, nn.Module) or module not in self._module2name:
                continue
            why = why_whole(module)
            if not why and module in reading.abroad:
                why = "has weights that an operation outside of it reads"
            box.whole = bound.get(box.path, "").rstrip(".") or (f"'{box.path}' {why}" if why else "")


def _axes(group: Group) -> set[tuple[Box, Any]]:
    return {(dep.target, dep.handler) for dep, _ in group}


def _holders(model: nn.Module) -> dict[int, list[nn.Module]]:
    """Identity of every parameter -> the modules that hold it."""
    found: dict[int, list[nn.Module]] = {}
    for module in model.modules():
        for parameter in module._parameters.values():
            if parameter is not None:
                found.setdefault(id(parameter), []).append(module)
    return found
