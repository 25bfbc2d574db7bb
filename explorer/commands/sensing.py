"""``sensitivity``: how much each group matters, and with a budget the ratios that meet it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.backends import DEPGRAPH, fields_of, parsed
from explorer.backends.bench import Bench
from explorer.backends.codec import as_flags
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.commands.answer import Answer
from explorer.commands.asked import network, sure_depgraph
from explorer.commands.budgets import LATENCY, amount_of, kind_of
from explorer.commands.flags import SENSED
from explorer.commands.objects import plain_object
from explorer.commands.telling import Teller
from explorer.exports.again import command
from explorer.studies.sensitivity.solver import Solver
from explorer.studies.sensitivity.sweep import sensitivity_in_steps
from explorer.values import BudgetKind, CostBudget, Progress, Sensitivity, Solution, SweepOptions
from explorer.words import formats

KINDS = {
    "macs": BudgetKind.MACS,
    "params": BudgetKind.PARAMS,
    "bytes": BudgetKind.BYTES,
    LATENCY: BudgetKind.MILLISECONDS,
}
SOLVING = "Choosing ratios and measuring the result"


def sensitivity(given: Namespace, teller: Teller) -> Answer:
    """Measure, and meet the budget where there is one."""
    sure_depgraph(given, "measured alone")
    net = network(given, teller)
    scoring = parsed(DEPGRAPH, {name: getattr(given, name) for name in SENSED})
    ratios = given.ratios.split(",") if given.ratios else SweepOptions().ratios
    found = teller.follow(
        sensitivity_in_steps(
            net, scoring.criterion, ratios, given.recalibrated, seed=scoring.seed, workers=given.workers
        )
    )
    value = {"model": net.name, "weights": str(net.spec.weights), **plain_object(found)}
    lines = [f"{net.name}, {net.spec.weights} weights", *_table(found)]
    for name, kind in KINDS.items():
        if text := getattr(given, name):
            teller.tell(Progress(None, SOLVING))
            solution = _solved(DepGraphPlanner(Bench(net), found.options.scoring), found, name, kind, text)
            options = _options(found, solution)
            flags = ["--ratio", "0", *as_flags(options, fields_of(DEPGRAPH))]
            value["solution"] = plain_object(solution) | {"flags": flags}
            lines += _words(solution, command(net.spec, DEPGRAPH, options, 0.0))
    return Answer(value, "\n".join(lines))


def _solved(planner: DepGraphPlanner, found: Sensitivity, name: str, kind: BudgetKind, text: str) -> Solution:
    solver = Solver(planner, found)
    dense = solver.cost(kind)(np.zeros(len(found.groups), dtype=np.int64))
    unit = 1e3 if kind is BudgetKind.MILLISECONDS else 1.0
    wanted = amount_of(kind_of(name), text, dense / unit) * unit
    return solver.solve(CostBudget(kind, wanted / dense))


def _options(found: Sensitivity, solution: Solution) -> Any:
    """What the library is told to do the same."""
    taken = tuple(pair for pair in solution.solved.overrides if pair[1])
    return replace(found.options.scoring, overrides=taken)


def _table(found: Sensitivity) -> Iterator[str]:
    """Groups by what they cost on average, the dearest first."""
    by, ratios = found.dense.by, found.options.ratios
    width = max(len(group.layer) for group in found.groups)
    yield f"{by.title} with one group pruned alone; dense {formats.judged(found.dense.value, by)}"
    yield f"  {'':<{width}}" + "".join(f"{ratio:>9.2g}" for ratio in ratios)
    for group in sorted(found.groups, key=found.mean_drop, reverse=True):
        values = "".join(f"{formats.judged(point.value, by):>9}" for point in group.points)
        yield f"  {group.layer:<{width}}{values}"


def _words(solution: Solution, again: str) -> Iterator[str]:
    solved, by = solution.solved, solution.dense.by
    share = f"{100 * solved.cost / solution.dense_cost:.1f} % of the dense network's {solution.budget.kind}"
    told = " (an estimate from its layers' times)" if solved.latency else ""
    yield f"By sensitivity: {share}{told}; {by.name} {formats.judged(solved.measured.value, by)}, measured"
    if solved.latency:
        yield f"  {formats.timing(solved.latency)} for one input, measured on this machine"
    if solution.uniform:
        value = formats.judged(solution.uniform.measured.value, by)
        yield f"One ratio for all, {solution.uniform_ratio:g}: {by.name} {value}, measured"
    yield f"To repeat: {again}"
