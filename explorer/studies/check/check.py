"""Look at a network for everything that bears on pruning it."""

from __future__ import annotations

from collections.abc import Generator

from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import couplings_of, traced
from explorer.backends.table import DEPGRAPH
from explorer.process.steps import finished, retold
from explorer.studies.check.facts import Facts
from explorer.studies.check.kinds import KINDS
from explorer.studies.check.trial import Trial, tried
from explorer.values import ChannelOptions, Progress
from explorer.values.check import Check, Finding, Grade
from explorer.values.errors import ExplorerError, PruningError

READ, TRIED = 0.5, 0.9  # shares of the whole that are done by then, about


def check(net: Network) -> Check:
    """Everything that bears on pruning a network: one finding of each kind, with its evidence.

    A network that DepGraph refuses whole is looked at all the same; then `Check.refusal` says why it does.

    Args:
        net: from ``explorer.load`` or ``explorer.wrap``; left untouched.

    Raises:
        NetworkError: if `net` is no `Network`.
    """
    return finished(checked(Bench(net)))


def checked(bench: Bench) -> Generator[Progress, None, Check]:
    """The same, telling how far it is."""
    trial, refusal = yield from _tried(bench)
    facts, findings = Facts(bench, trial), []
    for done, kind in enumerate(KINDS):
        yield Progress(TRIED + (1 - TRIED) * done / len(KINDS), f"Looking at: {kind}")
        findings.append(_finding(kind, facts, refusal))
    return Check(bench.net.name, *_groups(bench), refusal, tuple(findings))


def _tried(bench: Bench) -> Generator[Progress, None, tuple[Trial | None, str]]:
    """What came of pruning it by half, or why nothing can be pruned."""
    try:
        ranking = bench.planner(DEPGRAPH, ChannelOptions()).rank()
        yield from (told.within(0.0, READ) for told in ranking)
        trial = yield from retold(tried(bench), lambda told: told.within(READ, TRIED - READ))
    except PruningError as error:
        return None, str(error)
    return trial, ""


def _finding(kind: str, facts: Facts, refusal: str) -> Finding:
    try:
        return Finding(kind, *KINDS[kind](facts))
    except ExplorerError as error:
        because = "the network is refused" if str(error) == refusal else str(error).rstrip(".")
        return Finding(kind, Grade.UNKNOWN, f"Not found out: {because}.")


def _groups(bench: Bench) -> tuple[int, int]:
    """How many coupled groups there are, and how many of them may lose channels."""
    try:
        groups = len(traced(bench).structure.groups)
    except PruningError:
        return 0, 0
    try:
        return groups, finished(couplings_of(bench)).count("")
    except PruningError:
        return groups, 0
