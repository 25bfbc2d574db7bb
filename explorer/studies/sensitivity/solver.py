"""A budget met with the least expected loss: which share of its channels each group should lose.

What one group's pruning does was measured alone; to expect of several at once the sum of what each adds to
the loss is a guess, good while each adds little. Costs are exact: the planner's closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np
import torch
from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.inputs import apart, handed
from explorer.anatomy.network import Network, expect_network
from explorer.anatomy.surgery import slice_channels
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.ranked import Left
from explorer.backends.depgraph.ranking import Positions
from explorer.measuring.judging import patient, sure_judge
from explorer.measuring.timing import Turns
from explorer.studies.sensitivity.curves import HUNDREDTHS, curve
from explorer.studies.sensitivity.layer_latency import LatencyModel
from explorer.studies.sensitivity.sweep import WHAT
from explorer.values import (
    Allocation,
    BudgetKind,
    CostBudget,
    GroupRatio,
    Sensitivity,
    Solution,
)
from explorer.values.errors import PruningError, UnknownNameError
from explorer.values.loose import as_number, is_number, shown

FREE = 1e-6  # added to every loss, so that among channels that cost nothing those that save most go first

Cost = Callable[[Positions], float]


class Solver:
    """Spends budgets on one network.

    Args:
        planner: of the network, with the criterion that the sensitivity was measured with.
        sensitivity: of all its groups.
        latency: where budgets in milliseconds are to be met.

    Raises:
        PruningError: if the network is not judged.
    """

    def __init__(
        self, planner: DepGraphPlanner, sensitivity: Sensitivity, latency: LatencyModel | None = None
    ) -> None:
        self._judge = patient(sure_judge(planner.net, WHAT))
        self._planner = planner
        self._sensitivity = sensitivity
        self._latency = latency
        self._dense = self._judge.evaluate(planner.net.module)
        candidates = zip(planner.ranked.candidates, sensitivity.groups, strict=True)
        self._curves = [
            curve(group, len(candidate.scores), candidate.each, sensitivity.dense)
            for candidate, group in candidates
        ]

    def solve(self, budget: CostBudget) -> Solution:
        """Meet a budget, and measure what comes of it beside one ratio for all.

        Raises:
            PruningError: if the share is none, or pruning as far as was measured does not meet it.
        """
        cost = self.cost(budget.kind)
        whole = np.zeros(len(self._curves), dtype=np.int64)
        limit = _share(budget.share) * cost(whole)
        ratio = next((r for r in HUNDREDTHS if cost(self._evenly(r)) <= limit), None)
        even = None if ratio is None else self._evenly(ratio)
        solved = self._best(cost, limit, even)
        return self._timed(
            Solution(
                budget,
                limit,
                cost(whole),
                self._dense,
                self._allocation(solved, cost, self._own_ratios(solved)),
                None if ratio is None or even is None else self._allocation(even, cost, [ratio] * len(even)),
                ratio,
            ),
            solved,
            even,
        )

    def cost(self, kind: BudgetKind) -> Cost:
        """What is left of one cost when so many positions of every candidate go."""
        if kind is BudgetKind.MILLISECONDS:
            model = self._latency or LatencyModel(self._planner)
            self._latency = model
            return lambda counts: 1e3 * model.seconds(self._planner.ranked.left(counts))
        read = _READ[kind]
        return lambda counts: float(read(self._planner.ranked.left(counts)))

    def module(self, counts: Positions) -> nn.Module:
        """A copy with these positions cut out."""
        module = slice_channels(copied(self._planner.net.module), self._planner.ranked.cut_of(counts))
        if self._sensitivity.options.recalibrated:
            self._judge.recalibrate(module)
        return module

    def _evenly(self, ratio: float) -> Positions:
        """What one ratio for all groups removes, as the library does it."""
        return self._planner.positions_at(ratio)

    def _best(self, cost: Cost, limit: float, even: Positions | None) -> Positions:
        """The cheaper in expected loss: what greed finds, or one ratio for all where own ratios can say it."""
        found = [self._greedy(cost, limit)]
        if even is not None and all(n in c.levels for n, c in zip(even, self._curves, strict=True)):
            found.append(even)
        return min(found, key=self._added)

    def _greedy(self, cost: Cost, limit: float) -> Positions:
        """Take a step where it adds least loss for what it saves, until the budget is met; then give back."""
        at = np.zeros(len(self._curves), dtype=np.int64)
        left = cost(self._counts(at))
        while left > limit:
            steps = [self._step(at, place, cost, left) for place in range(len(at))]
            price, place, left = min(step for step in steps)
            if np.isinf(price):
                raise self._out_of_reach(cost, limit)
            at[place] += 1
        return self._counts(self._given_back(at, cost, limit))

    def _step(self, at: Positions, place: int, cost: Cost, left: float) -> tuple[float, int, float]:
        """Price of one more level of a group, its place, and what is left of the cost then."""
        curve = self._curves[place]
        if at[place] + 1 >= len(curve.levels):
            return np.inf, place, left
        after = at.copy()
        after[place] += 1
        then = cost(self._counts(after))
        size = curve.levels[at[place] + 1] - curve.levels[at[place]]
        added = FREE + max(curve.slopes[at[place]], 0.0) * size
        return (added / (left - then) if then < left else np.inf), place, then

    def _given_back(self, at: Positions, cost: Cost, limit: float) -> Positions:
        """The last step may save more than was asked: undo what adds most loss, while the budget holds."""
        while True:
            better = [one for one in self._one_less(at) if cost(self._counts(one)) <= limit]
            best = min(better, key=lambda one: self._added(self._counts(one)), default=at)
            if self._added(self._counts(best)) >= self._added(self._counts(at)):
                return at
            at = best

    @staticmethod
    def _one_less(at: Positions) -> list[Positions]:
        lower = np.eye(len(at), dtype=np.int64)
        return [at - lower[place] for place in np.flatnonzero(at)]

    def _counts(self, at: Positions) -> Positions:
        """Positions that go, from the level that each group is at."""
        return np.array([c.levels[level] for c, level in zip(self._curves, at, strict=True)], dtype=np.int64)

    def _added(self, counts: Positions) -> float:
        """Loss that is expected to come on top."""
        pairs = zip(self._curves, counts, strict=True)
        return sum(curve.added(count) for curve, count in pairs)

    def _expected(self, counts: Positions) -> float:
        """What is left when every group takes what it took alone: parts of a share multiply, other units add up."""
        taken = [curve.took(count) for curve, count in zip(self._curves, counts, strict=True)]
        dense = self._dense
        if dense.by.is_share:
            return dense.value * prod(1 - part for part in taken)
        return dense.value - sum(taken) if dense.by.higher_is_better else dense.value + sum(taken)

    def _reached(self, counts: Positions) -> bool:
        """Whether every group was measured so far."""
        return all(curve.reaches(count) for curve, count in zip(self._curves, counts, strict=True))

    def _own_ratios(self, counts: Positions) -> list[float]:
        pairs = zip(self._curves, counts, strict=True)
        return [curve.ratios[int(np.searchsorted(curve.levels, count))] for curve, count in pairs]

    def _allocation(self, counts: Positions, cost: Cost, ratios: list[float]) -> Allocation:
        left, reached = self._planner.ranked.left(counts), self._reached(counts)
        groups = zip(self._sensitivity.groups, self._planner.ranked.candidates, counts, ratios, strict=True)
        return Allocation(
            tuple(
                GroupRatio(group.id, group.layer, ratio, int(count) * candidate.each, group.channels)
                for group, candidate, count, ratio in groups
            ),
            cost(counts),
            int(left.params.sum()),
            int(left.macs.sum()),
            left.bytes,
            self._dense.loss + self._added(counts) if reached else None,
            self._expected(counts) if reached else None,
            self._judge.evaluate(self.module(counts)),
        )

    def _timed(self, solution: Solution, solved: Positions, even: Positions | None) -> Solution:
        """With measured latency, where the budget is in milliseconds."""
        if solution.budget.kind is not BudgetKind.MILLISECONDS or self._latency is None:
            return solution
        example = apart(self._planner.net.example_input)
        modules = {"dense": self._planner.net.module, "solved": self.module(solved)}
        if even is not None:
            modules["uniform"] = self.module(even)
        with torch.no_grad():
            runs = {name: partial(handed, module, example) for name, module in modules.items()}
            timings = Turns(runs, seconds=1.0).times()
        uniform = solution.uniform and replace(solution.uniform, latency=timings["uniform"])
        return replace(
            solution,
            solved=replace(solution.solved, latency=timings["solved"]),
            uniform=uniform,
            dense_latency=timings["dense"],
            model_error=self._latency.error,
        )

    def _out_of_reach(self, cost: Cost, limit: float) -> PruningError:
        most = cost(np.array([curve.levels[-1] for curve in self._curves]))
        whole = cost(np.zeros(len(self._curves), dtype=np.int64))
        return PruningError(
            f"This budget is {100 * limit / whole:.1f} % of the dense network, and pruning every group as far as its "
            f"sensitivity was measured leaves {100 * most / whole:.1f} %. Ask for more than that."
        )


_READ: dict[BudgetKind, Callable[[Left], int]] = {
    BudgetKind.MACS: lambda left: int(left.macs.sum()),
    BudgetKind.PARAMS: lambda left: int(left.params.sum()),
    BudgetKind.BYTES: lambda left: left.bytes,
}


def spend_budget(net: Network, found: Sensitivity, budget: str = "MACs", share: float = 0.5) -> Solution:
    """Choose each group's ratio so that a budget is met with the least expected loss, and measure it.

    Args:
        net: the network that was measured.
        found: its sensitivity.
        budget: what is counted, a `schema.BudgetKind`: MACs, parameters, bytes or milliseconds.
        share: of the dense network's that may be left, in (0, 1].

    Returns:
        The ratios in ``.solved.overrides``, and beside them one ratio for all groups that meets the same budget.

    Raises:
        UnknownNameError: for a budget of something else.
        PruningError: if the sensitivity is another network's, or pruning as far as was measured does not meet the
            budget.
    """
    expect_network(net)
    kind, part = _kind(budget), _share(share)
    if not isinstance(found, Sensitivity):
        raise PruningError(
            f"Argument `found` must be what measure_sensitivity returns, got {type(found).__name__}. Measure it first."
        )
    if found.spec != net.spec:
        raise PruningError(
            f"This sensitivity was measured on '{found.spec.name}' with {found.spec.weights} weights, and the network "
            f"is '{net.name}' with {net.spec.weights} weights. Measure it with measure_sensitivity first."
        )
    if found.network != net.identity:
        raise PruningError(
            f"This sensitivity was measured on another network that is called '{net.name}', too: its layers or weights "
            "differ. Measure this one with measure_sensitivity first."
        )
    planner = DepGraphPlanner(Bench(net), found.options.scoring)
    return Solver(planner, found).solve(CostBudget(kind, part))


def _kind(budget: object) -> BudgetKind:
    for kind in BudgetKind:
        if str(budget).strip().lower() == kind.lower():
            return kind
    raise UnknownNameError(f"Unknown budget {shown(budget)}. Known: {', '.join(BudgetKind)}.")


def _share(share: object) -> float:
    number = as_number(share)
    if not is_number(number) or not 0 < number <= 1:
        raise PruningError(
            f"A budget is a share of the dense network in (0, 1], got {shown(share)}. Half of it is 0.5."
        )
    return float(number)
