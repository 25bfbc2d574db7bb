"""What came of one network: right, partly, refused or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from torch import nn

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.values.errors import ExplorerError
from tests.helpers.silent import disagreement

RATIOS = (0.3, 0.5)
CLOSE = 1e-3  # to the dense network with the same channels silent
MOST_REASONS = 3


@dataclass(frozen=True)
class Verdict:
    """One row."""

    word: str  # "right", "partly", "refused", "WRONG"
    pruned: int = 0  # groups that lose channels
    groups: int = 0  # all
    told: str = ""  # what stays and why, or what was said or found
    seconds: float = 0.0


def judged(module: nn.Module, example: Any) -> Verdict:
    """Prune a network at each ratio and compare."""
    start = perf_counter()
    try:
        planner = explorer.planner(explorer.wrap(module, example))
        pruned, stays = len(planner.ranked.groups), planner.left_whole
        groups = pruned + len(stays)
        reasons = [(left.root, left.reason) for left in stays if "is an output layer" not in left.reason]
    except ExplorerError as error:
        return Verdict("refused", told=str(error), seconds=perf_counter() - start)
    word, told = _at_all_ratios(planner)
    if not word:
        word, told = ("partly", shortened(reasons)) if reasons else ("right", "")
    return Verdict(word, pruned, groups, told, perf_counter() - start)


def _at_all_ratios(planner: DepGraphPlanner) -> tuple[str, str]:
    for ratio in RATIOS:
        try:
            faults = ", ".join(_faults(planner, ratio))
        except ExplorerError as error:
            return "refused", f"at {ratio}: {error}"
        if faults:
            return "WRONG", f"at {ratio}: {faults}"
    return "", ""


def _faults(planner: DepGraphPlanner, ratio: float) -> Iterable[str]:
    plan = planner.plan(ratio)
    pruned = planner.apply(plan)
    if plan.params >= plan.params_before:
        yield "nothing is removed"
    if plan.params != total_params(pruned):
        yield "parameters are not as planned"
    if plan.macs != total_macs(pruned, planner.net.example_input):
        yield "MACs are not as planned"
    if plan.bytes != state_bytes(pruned):
        yield "bytes are not as planned"
    if (apart := _apart(planner, ratio)) >= CLOSE:
        yield f"answers {apart:.2g} from silent channels"


def _apart(planner: DepGraphPlanner, ratio: float) -> float:
    """From silent channels; in double precision where rounding may be what is seen, and the network takes it."""
    apart = disagreement(planner, ratio)
    if apart < CLOSE:
        return apart
    try:
        return disagreement(planner, ratio, double=True)
    except (RuntimeError, ValueError):  # it insists on its own precision
        return apart


def shortened(reasons: Iterable[tuple[str, str]]) -> str:
    """The commonest reasons, each with how many groups stay for it and one of these."""
    reasons = list(reasons)
    clauses = {root: _clause(why) for root, why in reasons}
    commonest = Counter(clauses.values()).most_common()
    example = {why: root for root, why in reversed(clauses.items())}
    told = [f"{count} × {why} (`{example[why]}`)" for why, count in commonest[:MOST_REASONS]]
    return "; ".join([*told, *["…"][: len(commonest) - MOST_REASONS]])


def _clause(why: str) -> str:
    """A reason without the place, which makes it another at every block."""
    wall = why.removeprefix("Its channels cannot be followed to their end: ")
    inner = (why if wall == why else wall.partition(". ")[0]).rstrip(".")
    if inner.startswith("in ") and "' " in inner:
        inner = inner.partition("' ")[2]
    inner = inner.removeprefix("in the network's own forward ")
    if inner.startswith("'") and "' " in inner:
        quoted, _, rest = inner[1:].partition("' ")
        inner = f"{'a layer' if '.' in quoted else quoted} {rest}"
    return inner.partition(": with ")[0].partition(". Take it out")[0]


def stirred(module: nn.Module) -> nn.Module:
    """The same with numbers that tell channels apart where a fresh network holds one value for all."""
    for tensor in (*module.parameters(), *(b for name, b in module.named_buffers() if "running_" in name)):
        if tensor.is_floating_point() and tensor.numel() > 1 and bool((tensor == tensor.flatten()[0]).all()):
            tensor.data.uniform_(0.5, 1.0)
    return module
