"""Numbers that can be laid over the drawing: what a node costs, holds or takes, by node id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from explorer.backends import DEPGRAPH, NATIVE
from explorer.drawing.heat import handed_on
from explorer.engine import calls
from explorer.ui.graph.group_panel import current_criterion
from explorer.ui.parts.prepare import prepare
from explorer.ui.shell import runs
from explorer.values import ChannelOptions, LayerGraph, NativeOptions, NetworkSpec, Profile, Variant
from explorer.words import formats

_PROFILE = "profile_run"  # in the session and the link
_WEAK = 0.5  # of the group's mean importance


@dataclass(frozen=True)
class Numbers:
    """One number a node."""

    title: str
    of: Mapping[str, float]  # by node id; nodes without one stay plain
    words: Callable[[float], str]
    adds_up: bool = True  # within a box; else the largest stands for it
    measured: str = ""  # how, where it is a measurement


Source = Callable[[NetworkSpec, LayerGraph], Numbers | None]


def parameters(_: NetworkSpec, graph: LayerGraph) -> Numbers:
    """Stored by each layer."""
    found = {node.id: float(node.params) for node in graph.nodes if node.params}
    return Numbers("parameters", found, _of(sum(found.values()), "parameters"))


def macs(_: NetworkSpec, graph: LayerGraph) -> Numbers:
    """Of each layer for one input."""
    found = {node.id: float(node.macs) for node in graph.nodes if node.macs}
    return Numbers("MACs", found, _of(sum(found.values()), "MACs"))


def weak_channels(spec: NetworkSpec, graph: LayerGraph) -> Numbers | None:
    """Share of a group's channels far below its mean importance; None while that is not known."""
    criterion = current_criterion()
    if criterion.needs_gradients and not prepare(spec, DEPGRAPH, ChannelOptions(criterion)):
        return None
    scores = {group: each for group, each in calls.importance(spec, criterion).items() if each}
    weak = {group: _weak(each) for group, each in scores.items()}
    found = {node: weak[group] for node, group in handed_on(graph).items() if group in weak}
    title = f"channels below half the mean importance ({criterion.label})"
    return Numbers(title, found, lambda share: f"{share:.0%} of the group's channels", adds_up=False)


def sparsity(spec: NetworkSpec, graph: LayerGraph) -> Numbers | None:
    """Share of each layer's parameters that are zero; None while that is not known."""
    options = NativeOptions()
    if not prepare(spec, NATIVE, options):
        return None
    dense = calls.plan(spec, NATIVE, options, 0.0).dense
    drawn = {node.id for node in graph.nodes}
    layers = zip(dense.names, dense.params, dense.nonzero, strict=True)
    found = {name: 1 - nonzero / params for name, params, nonzero in layers if params and name in drawn}
    return Numbers("sparsity", found, lambda share: f"{share:.1%} of the parameters are zero", adds_up=False)


def times(spec: NetworkSpec, graph: LayerGraph) -> Numbers | None:
    """What each layer takes, as the Profile page measured it in this session; None where it did not."""
    done = runs.finished(_PROFILE, Profile)
    if not done or getattr(done[0], "spec", None) != spec:
        return None
    dense = next((one for one in done[1].waterfalls if one.variant is Variant.DENSE), None)
    drawn = {node.id for node in graph.nodes}
    found = {layer.name: layer.time.median for layer in dense.layers if layer.name in drawn} if dense else {}
    return (
        Numbers("time", found, formats.duration, measured="median of the layer's own runs") if found else None
    )


def _weak(scores: tuple[float, ...]) -> float:
    mean = sum(scores) / len(scores)
    return sum(score < _WEAK * mean for score in scores) / len(scores)


def _of(whole: float, what: str) -> Callable[[float], str]:
    return lambda part: f"{formats.count(part)} {what}, {formats.share(part, whole)} of the network"
