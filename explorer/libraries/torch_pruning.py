"""The one file that imports Torch-Pruning: trace, score and prune, with its known faults contained.

Four faults of Torch-Pruning 1.6.1 are mended here, each with its reason:

* reshapes: its test for "is this a flatten?" reads ``_saved_self_sizes``, which torch >= 2.1 calls
  ``_saved_self_sym_sizes``; the test is dead code there and a split into heads counts as a flatten;
* index lists then grow by the reshape's factor at each hop until memory ends: one mapping's length
  and the time of grouping are bounded;
* LayerNorm: the kept indices are not sorted, so at high ratios its parameters are permuted;
* every group recomputes all index mappings, though nothing changes while groups are only listed.

Its pruning functions are module-level objects that hold state while they work: one call at a time.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch_pruning import ops
from torch_pruning.dependency import graph as tp_graph
from torch_pruning.dependency import index_mapping, shape_infer
from torch_pruning.pruner import function

from explorer.counting import FUNCTIONAL
from explorer.errors import PruningError
from explorer.graph.scopes import ScopeRecorder, sequence_of
from explorer.graph.structure import Structure, TracedGroup, TracedItem, TracedNode
from explorer.schema import Axis, CounterReading, Criterion, LayerRow, PruningOptions, Scope

MAPPING_LIMIT = 1_000_000  # channels in one mapping; VGG-16's flatten, the largest in torchvision, has 25,088
GROUPING_SECONDS = 15.0  # for all groups; DenseNet-201, the slowest that can be grouped, takes about 3 s


@dataclass(frozen=True)
class Trace:
    """A traced network: its plain structure, its module spans, and the library's groups for scoring."""

    structure: Structure
    scopes: ScopeRecorder
    groups: tuple[Any, ...]  # torch_pruning Group, parallel to structure.groups


def trace(module: nn.Module, example_input: Tensor) -> Trace:
    """Trace one forward pass and list every coupled group.

    Args:
        module: in eval mode; left as it is.
        example_input: a batch it accepts.

    Raises:
        PruningError: if Torch-Pruning cannot trace or group the network within its bounds.
    """
    scopes = ScopeRecorder()
    with _library_errors("trace"), torch.enable_grad(), _differentiable(module), scopes.recording(module):
        library = tp.DependencyGraph().build_dependency(module, example_input, verbose=False)
    with _library_errors("group"), _frozen_index_mappings(), _BoundedGroup.time_limit(GROUPING_SECONDS):
        groups = tuple(library.get_all_groups(root_module_types=_ROOTS))
    structure = _plain(library, groups)
    for node in library.module2node.values():  # lets go of the activations that autograd keeps
        node.grad_fn = None
    return Trace(structure, scopes, groups)


def importance(traced: Trace, criterion: Criterion, groups: Iterable[int]) -> dict[int, Tensor]:
    """Torch-Pruning's own score of every channel of some groups.

    Returns:
        Group id -> float tensor, shape ``[channels]``, higher is kept; groups without weights to score are absent.
        "L2" is the squared norm, averaged over the members, divided by the group's mean.
    """
    scorer = _scorer(criterion)
    with _library_errors("score"):
        scores = {number: scorer(traced.groups[number]) for number in groups}
        return {number: score for number, score in scores.items() if score is not None}


def prune(
    module: nn.Module, example_input: Tensor, options: PruningOptions, ratio: float, keep: Sequence[str]
) -> dict[tuple[str, Axis], tuple[int, ...]]:
    """Prune `module` in place with Torch-Pruning in a single step.

    Args:
        module: a copy of the caller's; half pruned if this raises.
        example_input: a batch it accepts.
        options: criterion, scope and rounding.
        ratio: fraction of channels to remove, in [0, 1).
        keep: dotted paths of layers whose outputs stay.

    Returns:
        Channels removed per (layer, axis), numbered as in the dense network, sorted.
    """
    with _library_errors("prune"), torch.enable_grad(), _differentiable(module):
        pruner = tp.pruner.BasePruner(
            module,
            example_input,
            importance=_scorer(options.criterion),
            global_pruning=options.scope is Scope.GLOBAL,
            pruning_ratio=ratio,
            ignored_layers=[module.get_submodule(path) for path in keep],
            round_to=options.round_to,
            root_module_types=list(_ROOTS),
            # Fresh dicts: the library's defaults are shared between pruners and updated in place.
            in_channel_groups={},
            out_channel_groups=_attention_heads(module),
            num_heads={},
        )
        alive = _Survivors(pruner.DG)
        for group in pruner.step(interactive=True):
            alive.record(group)
            group.prune()
    return alive.removed()


def counter_reading(module: nn.Module, example_input: Tensor, rows: Sequence[LayerRow]) -> CounterReading:
    """What Torch-Pruning's own counter says, and why that is not the sum of `rows`."""
    with _library_errors("count"), torch.no_grad():
        counted, _ = tp.utils.count_ops_and_params(module, example_input)
    expected = sum(row.macs for row in rows)
    reasons = ["It adds biases, normalisation, activations and pooling."] if counted != expected else []
    if any(row.type == FUNCTIONAL for row in rows):
        reasons.append("It does not see attention written as plain functions.")
    if subclasses := sorted({row.type for row in rows if row.macs} - _COUNTED_TYPES - {FUNCTIONAL}):
        reasons.append(
            f"It knows exact layer types only and counts {', '.join(subclasses)} as zero or roughly."
        )
    return CounterReading("Torch-Pruning count_ops_and_params", int(counted), " ".join(reasons))


_COUNTED_TYPES = {"Conv1d", "Conv2d", "Conv3d", "Linear", "MultiheadAttention"}


class _Survivors:
    """Keeps count of which of the dense network's channels each axis still has."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._left: dict[tuple[str, Axis], list[int]] = {}
        self._gone: dict[tuple[str, Axis], set[int]] = {}

    def record(self, group: Any) -> None:
        for dep, indices in group:
            path = _path(self._library, dep.target)
            width = _width(self._library, dep.target, _axis(self._library, dep.handler))
            if path is None or width is None:
                continue
            axis = (path, _axis(self._library, dep.handler))
            left = self._left.setdefault(axis, list(range(width)))
            gone = {left[i] for i in indices}
            self._left[axis] = [channel for channel in left if channel not in gone]
            self._gone.setdefault(axis, set()).update(gone)

    def removed(self) -> dict[tuple[str, Axis], tuple[int, ...]]:
        return {axis: tuple(sorted(channels)) for axis, channels in self._gone.items()}


# --- reading the library's graph -------------------------------------------------------------------

_ROOTS = (ops.TORCH_CONV, ops.TORCH_LINEAR, ops.TORCH_LSTM)  # BasePruner's own default


def _scorer(criterion: Criterion) -> Any:
    return tp.importance.GroupMagnitudeImportance(p={Criterion.L1: 1, Criterion.L2: 2}[criterion])


def _plain(library: Any, groups: tuple[Any, ...]) -> Structure:
    keys = {node: key for key, node in enumerate(library.module2node.values())}
    nodes = tuple(_plain_node(library, node, keys) for node in keys)
    return Structure(nodes, tuple(_plain_group(library, group, keys) for group in groups))


def _plain_node(library: Any, node: Any, keys: dict[Any, int]) -> TracedNode:
    grad_fn = node.grad_fn
    return TracedNode(
        key=keys[node],
        path=_path(library, node),
        op=node.type.name.lower(),
        function=grad_fn.name().split("Backward")[0].lower() if grad_fn is not None else "",
        sequence=sequence_of(grad_fn) if grad_fn is not None else 0,
        inputs=tuple(keys[source] for source in node.inputs),
        in_channels=library.get_in_channels(node),
        out_channels=library.get_out_channels(node),
        output_shape=_output_shape(grad_fn),
    )


def _output_shape(grad_fn: Any) -> tuple[int, ...] | None:
    """What a backward node takes in is shaped like what its forward gave out."""
    metadata = getattr(grad_fn, "_input_metadata", None)
    return tuple(int(size) for size in metadata[0].shape) if metadata else None


def _plain_group(library: Any, group: Any, keys: dict[Any, int]) -> TracedGroup:
    channels = len(group[0].idxs)
    items = tuple(_plain_item(library, item, keys, channels) for item in group.items)
    return TracedGroup(channels=channels, heads=_heads(library, group), items=items)


def _plain_item(library: Any, item: Any, keys: dict[Any, int], channels: int) -> TracedItem:
    dep, indices = item
    axis = _axis(library, dep.handler)
    return TracedItem(
        node=keys[dep.target],
        source=keys[dep.source],
        axis=axis,
        pruning_fn=_function_name(library, dep),
        width=_width(library, dep.target, axis),
        channels=channels,
        index=np.asarray(indices, dtype=np.int64),
        root=np.asarray(item.root_idxs, dtype=np.int64),
    )


def _function_name(library: Any, dep: Any) -> str:
    """The library's public name of a pruning function, e.g. ``prune_conv_out_channels``."""
    for name, candidate in vars(function).items():
        if name.startswith("prune_") and candidate == dep.handler:
            return name
    return str(dep.handler.__name__)


def _axis(library: Any, handler: Any) -> Axis:
    """Where a function prunes both axes at once (BatchNorm, depthwise), the axis is called OUT."""
    return Axis.OUT if library.is_out_channel_pruning_fn(handler) else Axis.IN


def _width(library: Any, node: Any, axis: Axis) -> int | None:
    read = library.get_out_channels if axis is Axis.OUT else library.get_in_channels
    width = read(node)
    return None if width is None else int(width)


def _path(library: Any, node: Any) -> str | None:
    if node.type == ops.OPTYPE.PARAMETER:
        return str(library._param_to_name[node.module])
    return library._module2name.get(node.module)


def _attention_heads(module: nn.Module) -> dict[nn.Module, int]:
    """Heads as channel groups: the same positions then go from every head, and the embedding stays divisible."""
    return {m: m.num_heads for m in module.modules() if isinstance(m, nn.MultiheadAttention)}


def _heads(library: Any, group: Any) -> int:
    """How many equal parts must lose alike, as BasePruner finds it."""
    return max((_parts(dep.target.module, _axis(library, dep.handler)) for dep, _ in group), default=1)


def _parts(module: Any, axis: Axis) -> int:
    if isinstance(module, nn.MultiheadAttention):
        return module.num_heads
    if isinstance(module, ops.TORCH_CONV) and module.groups != module.out_channels:
        return module.groups
    return module.num_groups if isinstance(module, nn.GroupNorm) else 1


# --- containing the library ------------------------------------------------------------------------


@contextmanager
def _differentiable(module: nn.Module) -> Iterator[None]:
    """Tracing follows autograd: frozen weights must take part, and are frozen again afterwards."""
    # By name: pruning puts new parameters in the place of the old.
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    module.requires_grad_(True)
    try:
        yield
    finally:
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(name not in frozen)


@contextmanager
def _library_errors(step: str) -> Iterator[None]:
    """Tell any failure of the library as one sentence, and keep its warnings out of the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PruningError:
            raise
        except Exception as error:
            cause = ": ".join([type(error).__name__, *str(error).splitlines()[:1]]).rstrip(".")
            raise PruningError(
                f"Torch-Pruning could not {step} this network: it uses an operation that the library does not handle "
                f"({cause}). Pick another network."
            ) from error


@contextmanager
def _frozen_index_mappings() -> Iterator[None]:
    """Nothing is pruned while groups are listed, so the mappings made while tracing stay right.

    Recomputing them for each group is 63 % of the time that DenseNet-121's groups take.
    """
    original = index_mapping.update_index_mapping
    index_mapping.update_index_mapping = lambda graph: None
    try:
        yield
    finally:
        index_mapping.update_index_mapping = original


_original_reshape = index_mapping.update_reshape_index_mapping
_original_flatten_call = index_mapping._FlattenIndexMapping.__call__


def _reshape_index_mapping(graph: Any, node: Any) -> None:
    """Restore the library's own test under the name that torch gives the sizes today."""
    size = getattr(node.grad_fn, "_saved_self_sym_sizes", None)
    if size is not None and len(size) > 1 and not _is_flatten(graph, node, size):
        return
    _original_reshape(graph, node)


def _is_flatten(graph: Any, node: Any, size: Sequence[int]) -> bool:
    for reader in node.outputs:
        features = shape_infer.infer_in_channels_recursively(graph, reader, [0])
        if features is not None:
            return bool(features == math.prod(size[1:]))
    return False


def _bounded_flatten(self: Any, indices: Any) -> Any:
    if not self.reverse and len(indices) * self._stride > MAPPING_LIMIT:
        raise PruningError(
            f"Torch-Pruning's index mapping grew to {len(indices) * self._stride:,} channels (limit {MAPPING_LIMIT:,}) "
            "because it takes a reshape of this network for a flatten. Pick another network."
        )
    return _original_flatten_call(self, indices)


class _BoundedGroup(tp_graph.Group):
    """A group whose making is given up when the time for all groups is over."""

    deadline = math.inf

    @classmethod
    @contextmanager
    def time_limit(cls, seconds: float) -> Iterator[None]:
        """Bound what is grouped inside the ``with`` block."""
        cls.deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            cls.deadline = math.inf

    def add_dep(self, dep: Any, idxs: Any) -> None:
        if time.monotonic() > self.deadline:
            raise PruningError(
                f"The coupled groups of this network took Torch-Pruning over {GROUPING_SECONDS:.0f} s, so they were "
                "given up. Pick a smaller network."
            )
        super().add_dep(dep, idxs)


class _SortedLayerNorm(function.LayernormPruner):
    """Removes the same channels as the library's, but keeps the rest in order."""

    def _prune_parameter_and_grad(self, weight: Tensor, keep_idxs: Tensor, pruning_dim: int) -> nn.Parameter:
        ordered = torch.as_tensor(keep_idxs).sort().values
        return super()._prune_parameter_and_grad(weight, ordered, pruning_dim)


def _install_patches() -> None:
    index_mapping.update_reshape_index_mapping = _reshape_index_mapping
    index_mapping._FlattenIndexMapping.__call__ = _bounded_flatten
    tp_graph.Group = _BoundedGroup
    # The library compares bound methods of this very object, so its class changes and not the object.
    function.PrunerBox[ops.OPTYPE.LN].__class__ = _SortedLayerNorm


_install_patches()
