"""Half of all channels removed by the library and compared; and which layers to keep where that is refused."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import cast

from explorer.backends.bench import Bench
from explorer.backends.depgraph.halving import failing
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.table import DEPGRAPH
from explorer.values import ChannelOptions, ChannelPlan, Progress
from explorer.values.errors import PruningError

RATIO = 0.5
SECONDS = 30.0  # for finding layers to keep
LATE = f"Not tried within {SECONDS:.0f} s."


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    plan: ChannelPlan
    fault: str  # why the result is not handed out, as a sentence; "" where it is
    keep: tuple[str, ...] = ()  # layers; without their channels it was handed out


def tried(bench: Bench) -> Generator[Progress, None, Trial]:
    """Prune a copy by half, and look for layers to keep where that is refused.

    Raises:
        PruningError: if there is nothing to prune.
    """
    planner = cast(DepGraphPlanner, bench.planner(DEPGRAPH, ChannelOptions()))
    plan = planner.plan(RATIO)
    yield Progress(0.0, "Trying it: half of the channels go from a copy")
    fault = _fault(planner)
    keep = (yield from _keep(bench, planner)) if fault else ()
    return Trial(plan, fault, keep)


def _fault(planner: DepGraphPlanner) -> str:
    try:
        planner.apply(planner.plan(RATIO))
    except PruningError as error:
        return str(error)
    return ""


def _keep(bench: Bench, planner: DepGraphPlanner) -> Generator[Progress, None, tuple[str, ...]]:
    """Roots of the groups without which all others are pruned rightly; () where that was not found."""
    modules = dict(bench.net.module.named_modules())
    roots = {group.id: group.root for group in planner.ranked.groups if group.root in modules}
    if len(roots) < len(planner.ranked.groups):
        return ()  # somebody else's parameter numbers a group, and cannot be named

    def fault(pruned: Sequence[int]) -> str:
        return _fault_keeping(bench, [root for number, root in roots.items() if number not in pruned])

    found = yield from failing(list(roots), fault, SECONDS, LATE)
    kept = tuple(sorted((roots[number] for number in found), key=list(modules).index))
    return kept if len(kept) < len(roots) and not _fault_keeping(bench, kept) else ()


def _fault_keeping(bench: Bench, layers: Collection[str]) -> str:
    try:
        return _fault(DepGraphPlanner(bench, ChannelOptions(keep=tuple(layers))))
    except PruningError as error:
        return str(error)
