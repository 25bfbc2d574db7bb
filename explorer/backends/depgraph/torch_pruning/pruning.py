"""Prune with Torch-Pruning, and tell which channels went."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
import torch_pruning as tp
from torch import nn

from explorer.anatomy.copies import state_kept
from explorer.anatomy.inputs import Example
from explorer.anatomy.surgery import is_depthwise, is_grouped
from explorer.backends.depgraph.torch_pruning.dependency_graph import ROOTS, Graph
from explorer.backends.depgraph.torch_pruning.parts import axis_of
from explorer.backends.depgraph.torch_pruning.patches import differentiable, library_errors
from explorer.backends.depgraph.torch_pruning.scoring import Gradients, Score, carrying, seeded
from explorer.backends.depgraph.torch_pruning.tracing import path_of, width_of
from explorer.backends.depgraph.torch_pruning.whole_heads import by_head
from explorer.values import Axis, ChannelOptions, ChannelScope, HeadPruning
from explorer.values.errors import PruningError

# (layer, axis) -> channels, as numbered in the dense network
Removed = dict[tuple[str, Axis], tuple[int, ...]]


@dataclass(frozen=True)
class Order:
    """What the library is asked to do."""

    options: ChannelOptions
    ratio: float  # in [0, 1]
    whole: Collection[int] = ()  # groups that stay as they are, by their numbers in a trace
    own_ratios: Mapping[str, float] = field(default_factory=dict)  # root layer of a group -> its own ratio
    heads: Collection[str] = ()  # root layers of other groups that lose whole heads, ranked among each other


def prune(
    module: nn.Module,
    example_input: Example,
    order: Order,
    gradients: Callable[[nn.Module], Gradients] = lambda module: {},
    after_step: Callable[[int], None] = lambda step: None,
) -> Removed:
    """Prune `module` in place with Torch-Pruning.

    Args:
        module: a copy of the caller's; half pruned if this raises.
        example_input: a batch it accepts.
        order: what goes.
        gradients: asked before each step, for the network as it is then.
        after_step: told the number of each step that is done, from 1.

    Returns:
        Channels removed per (layer, axis), numbered as in the dense network, sorted.
    """
    with library_errors("prune", module), torch.enable_grad(), differentiable(module), seeded(order.options):
        with state_kept(module):  # it runs the network
            kind = _CappedPruner if order.options.max_ratio < 1 else Pruner
            pruner = pruner_of(kind, module, example_input, order)
        alive = Survivors(pruner.DG)
        grouped = [path for path, layer in module.named_modules() if is_grouped(layer)]
        for step in range(1, order.options.steps + 1):
            seeming = _seeming_depthwise(module, grouped)
            with carrying(module, gradients(module)):
                for group in pruner.step(interactive=True):
                    _refuse_seeming(group, seeming)
                    alive.record(group)
                    group.prune()
            after_step(step)
    return alive.removed()


def _seeming_depthwise(module: nn.Module, grouped: Sequence[str]) -> dict[Any, str]:
    """Convolutions in conv groups that have one output for each of them by now; layer -> path."""
    layers = {module.get_submodule(path): path for path in grouped}
    return {layer: path for layer, path in layers.items() if is_depthwise(layer)}


def _refuse_seeming(group: Any, seeming: Mapping[Any, str]) -> None:
    """The library takes such a convolution for a depthwise one, and prunes the wrong axis of it."""
    for dep, _ in group:
        if path := seeming.get(dep.target.module):
            raise PruningError(
                f"'{path}' has one output left for each of its conv groups before the last step, and Torch-Pruning "
                "takes it for a depthwise convolution from then on. Prune in a single step, or keep that layer."
            )


def largest_loss(size: int, max_ratio: float) -> int:
    """Channels that a group of `size` may lose at most."""
    return math.floor(size * max_ratio + 1e-9)  # 0.29 * 100 is a little less than 29


def pruner_of(
    kind: Callable[..., Any], module: nn.Module, example_input: Example, order: Order, **more: Any
) -> Any:
    """One of the library's pruners, whose groups are those that may go.

    Args:
        kind: a class that is a `Pruner`.
        more: what only this kind is told.
    """
    options = order.options
    capped = options.max_ratio < 1
    with patch.object(tp.dependency, "DependencyGraph", Graph):
        pruner = kind(
            module,
            example_input,
            importance=Score(options),
            global_pruning=options.scope is not ChannelScope.LOCAL,  # isomorphic alone would rank wrongly
            isomorphic=options.scope is ChannelScope.ISOMORPHIC,
            pruning_ratio=order.ratio,
            pruning_ratio_dict=_own_ratios(module, order),
            max_pruning_ratio=options.max_ratio,
            iterative_steps=options.steps,
            round_to=options.round_to or (1 if capped else None),
            root_module_types=list(ROOTS),
            # Fresh dicts: the library's defaults are shared between pruners and updated in place.
            in_channel_groups={},
            out_channel_groups={},
            num_heads={},
            **more,
        )
    listed = pruner.DG.get_all_groups
    listed = partial(_by_head, pruner.DG, listed, options.heads is HeadPruning.WHOLE)
    # By number: to ignore a layer by name would also take the groups that it is in with others.
    pruner.DG.get_all_groups = partial(_but, order.whole, listed)
    return pruner


def _own_ratios(module: nn.Module, order: Order) -> dict[Any, float]:
    """Ratios by layer, as the library wants them; layers in one key are ranked together."""
    found: dict[Any, float] = {module.get_submodule(path): own for path, own in order.own_ratios.items()}
    if order.heads and order.options.scope is not ChannelScope.LOCAL:
        found[tuple(map(module.get_submodule, order.heads))] = order.ratio
    return found


def _by_head(
    graph: Graph, listed: Callable[..., Iterable[Any]], all_heads: bool, **how: Any
) -> Iterator[Any]:
    """The library's groups; those of heads that go whole are numbered by head from now on, also if one is left.

    Args:
        graph: remembers which these are.
        listed: lists them.
        all_heads: also those whose size could shrink instead.
    """
    for group in listed(**how):
        dep, channels = group[0]
        root = dep.target.module, dep.handler
        if group.whole or (group.separable and all_heads) or root in graph.by_head:
            graph.by_head[root] = group.parts
            group.parts = len(channels) // group.parts
        yield group


def _but(whole: Collection[int], listed: Callable[..., Iterable[Any]], **how: Any) -> Iterator[Any]:
    """The library's groups without some, which it lists in the same order every time."""
    return (group for number, group in enumerate(listed(**how)) if number not in whole)


class Pruner(tp.pruner.BasePruner):
    """Asks a group for its parts, where the library takes the largest divisor of its layers."""

    def _get_channel_groups(self, group: Any) -> int:
        return int(group.parts)

    def estimate_importance(self, group: Any) -> Any:
        """One score for each channel, in the order in which they are numbered; None where there is none."""
        found, heads = super().estimate_importance(group), self._heads(group)
        return found if found is None or not heads else by_head(found, heads)

    def _is_atten_group(self, group: Any) -> Any:
        self._asked = group  # it asks this of each group right before it rounds
        return super()._is_atten_group(group)

    def _round_to(self, n_pruned: int, current_channels: int, round_to: int) -> int:
        """How many go where so many shall: heads are not rounded."""
        if self._heads(self._asked):
            return n_pruned
        return int(super()._round_to(n_pruned, current_channels, round_to))

    def _heads(self, group: Any) -> int:
        """Heads of a group that loses them whole; 0 for others."""
        dep = group[0].dep
        return int(self.DG.by_head.get((dep.target.module, dep.handler), 0))


class _CappedPruner(Pruner):
    """Holds every group to the maximum ratio, which the library itself forgets in a single step.

    Where it rounds the channels that stay, it asks `_round_to` how many go: there the cap comes in.
    """

    def _round_to(self, n_pruned: int, current_channels: int, round_to: int) -> int:
        dep = self._asked[0].dep
        dense = (
            self.layer_init_out_ch
            if self.DG.is_out_channel_pruning_fn(dep.handler)
            else self.layer_init_in_ch
        )
        width = dense[dep.target.module]
        lost = width - current_channels
        parts = self._get_channel_groups(self._asked)
        most = largest_loss(width // parts, self.max_pruning_ratio) - lost // parts
        rounded = super()._round_to(n_pruned, current_channels, round_to)
        step = 1 if self._heads(self._asked) else round_to
        return rounded if rounded <= most else max(most - (most - current_channels) % step, 0)


class Survivors:
    """Keeps count of which of the dense network's channels each axis still has."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._left: dict[tuple[str, Axis], list[int]] = {}
        self._gone: dict[tuple[str, Axis], set[int]] = {}

    def record(self, group: Any) -> None:
        for dep, indices in group:
            path = path_of(self._library, dep.target)
            width = width_of(self._library, dep.target, axis_of(self._library, dep.handler))
            if path is None or width is None:
                continue
            axis = (path, axis_of(self._library, dep.handler))
            left = self._left.setdefault(axis, list(range(width)))
            gone = {left[i] for i in indices}
            self._left[axis] = [channel for channel in left if channel not in gone]
            self._gone.setdefault(axis, set()).update(gone)

    def removed(self) -> dict[tuple[str, Axis], tuple[int, ...]]:
        return {axis: tuple(sorted(channels)) for axis, channels in self._gone.items()}
