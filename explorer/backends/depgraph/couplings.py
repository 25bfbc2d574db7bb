"""Which coupled groups may lose channels: those that can be cut, that nobody reads unseen, and whose couplings hold."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

from explorer.anatomy.bound import End, bound_layers, unreached
from explorer.anatomy.copies import sharing
from explorer.anatomy.kept import kept_because, output_layers
from explorer.anatomy.network import Network
from explorer.anatomy.profile import profiled, profiling
from explorer.anatomy.soundness import Judge, dense_judge, training_judge
from explorer.anatomy.structure import TracedGroup
from explorer.anatomy.telling import told_apart
from explorer.backends.depgraph.halving import failing
from explorer.backends.depgraph.torch_pruning import Trace
from explorer.backends.depgraph.trial import Trial
from explorer.process.steps import finished
from explorer.values import Axis, HeadPruning, Progress
from explorer.values.errors import PruningError

SEARCH_SECONDS = 60.0  # for finding the groups that do not hold
LATE = (
    f"The {SEARCH_SECONDS:.0f} s in which groups are checked were over before it was its turn. A smaller example input "
    "makes that quicker."
)

Names = Mapping[int, str | None]  # node key -> dotted path of a layer
Stays = tuple[str, ...]  # for every group why it stays whole; "" where it need not


def couplings(net: Network, traced: Trace) -> Stays:
    """For every group of a trace why it has to stay whole, '' where it need not; found out once a network.

    Raises:
        PruningError: if it cannot be told whether couplings hold.
    """
    return finished(checked(net, traced))


def checked(net: Network, traced: Trace) -> Generator[Progress, None, Stays]:
    """The same, telling how far it is where some group does not hold."""
    sizes = [(group.channels, len(group.items)) for group in traced.structure.groups]
    if net.found.get("grouped") != sizes:
        net.found["couplings"] = yield from _stays(net, traced)
        net.found["grouped"] = sizes
    found: Stays = net.found["couplings"]
    return found


def check_heads(net: Network, traced: Trace, stays: Stays) -> None:
    """Cut about half of the heads that can go whole, and compare: the groups themselves were checked head by head.

    Raises:
        PruningError: if the network then does not run, or answers otherwise.
    """
    groups = traced.structure.groups
    whole = {n: groups[n] for n, why in enumerate(stays) if not why and groups[n].separable}
    if not whole:
        return
    names = {node.key: node.path for node in traced.structure.nodes}
    trial = Trial(whole, names, net.found["judge"], None, HeadPruning.WHOLE)
    if fault := trial.fault(list(whole)):
        raise PruningError(
            f"Attention heads of '{net.name}' cannot go whole. {fault} Prune their size (heads='size')."
        ).about("heads")


def _stays(net: Network, traced: Trace) -> Generator[Progress, None, Stays]:
    groups, names = traced.structure.groups, {node.key: node.path for node in traced.structure.nodes}
    outputs, bound = output_layers(traced.structure), bound_layers(net.module)
    stays = [
        kept_because(group, names, outputs) or next(_reasons(group, names, bound), "") for group in groups
    ]
    if all(stays):
        return tuple(stays)
    judge, training, ends = _judges(net)
    for number, group in enumerate(groups):
        stays[number] = stays[number] or _read_unseen(group, ends)
    free = [number for number, why in enumerate(stays) if not why]
    if not free:
        return tuple(stays)
    trial = Trial({number: groups[number] for number in free}, names, judge, training)
    for number, why in (yield from _not_holding(net, trial, free)).items():
        stays[number] = why
    free = [number for number in free if not stays[number]]
    if free and _chooses(net, [groups[number] for number in free]) and trial.fault_of_most(free):
        for number, why in (yield from failing(free, trial.fault_of_most, SEARCH_SECONDS, LATE)).items():
            stays[number] = why
    return tuple(stays)


def _chooses(net: Network, groups: Sequence[TracedGroup]) -> bool:
    """Whether something is chosen, unseen by autograd, among as many values as one of the layers has channels."""
    widths = {item.width for group in groups for item in group.items}
    return bool(profiled(net).chosen & widths)


def _reasons(group: TracedGroup, names: Names, bound: Mapping[str, str]) -> Iterator[str]:
    return (bound[path] for item in group.items if (path := names[item.node] or "") in bound)


def _read_unseen(group: TracedGroup, ends: Sequence[End]) -> str:
    """Whether some part of the network that did not run may read these channels when it does, or stand in for them."""
    read = {item.width for item in group.items if item.axis is Axis.IN}
    widths = read | {item.width for item in group.items}
    for end in ends:
        if end.width in (widths if end.reads else read):
            does, may = ("takes", "read") if end.reads else ("gives out", "take the place of")
            return (
                f"'{end.layer}' did not run on the example and {does} {end.width} channels: it may {may} these when it "
                "does. Take it out of the network, or give an example input that reaches it."
            )
    return ""


def _judges(net: Network) -> tuple[Judge, Judge | None, tuple[End, ...]]:
    """Who compares in eval mode, who in train mode where that reaches more, and what neither reaches."""
    module = told_apart(net.module)
    try:
        with profiling(net, module):  # of all runs this one is most like the network's own
            judge = dense_judge(net, module)
    except PruningError:  # other weights than its own may be too large for it
        module = sharing(net.module)
        judge = dense_judge(net, module)
    net.found["judge"] = judge  # of what is pruned later, too
    ends = unreached(net.module, judge.called)
    training = training_judge(net, module) if ends else None
    if training:
        ends = unreached(net.module, judge.called | training.called)
    return judge, training, ends


def _not_holding(
    net: Network, trial: Trial, free: Sequence[int]
) -> Generator[Progress, None, dict[int, str]]:
    """Groups whose couplings do not hold, with the reason; all others hold together."""
    found = trial.look(free)
    if not found.fault and not found.seen:
        raise PruningError(
            f"Nothing can be checked on this example input: '{net.name}' answers the same with half of its channels "
            "silent. Give an example input that its answers depend on, and let it return scores, not labels."
        )
    failed: dict[int, str] = {}
    if found.fault:
        failed = yield from failing(free, trial.quick_fault, SEARCH_SECONDS, LATE)
        rest = [number for number in free if number not in failed]
        if rest and trial.look(rest).fault:  # what a single input does not show
            failed |= yield from failing(rest, trial.fault, SEARCH_SECONDS, LATE)
    rest = [number for number in free if number not in failed]
    if not rest or trial.both_hold(rest):
        return failed
    for fault in (trial.fault_of_few, trial.fault_of_uneven):
        rest = [number for number in free if number not in failed]
        if rest and fault(rest):
            failed |= yield from failing(rest, fault, SEARCH_SECONDS, LATE)
    return failed
