"""DepGraph: plans which coupled channels go, in integers; Torch-Pruning carries them out.

In a single step the library scores every group on the untouched network
before it removes anything, so which channels go at any ratio is known
beforehand: sort the scores once, and a plan is arithmetic.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from torch import nn

from explorer.anatomy.propagation import layer_costs
from explorer.anatomy.soundness import check_couplings, check_runs
from explorer.anatomy.surgery import settle_widths, slice_channels
from explorer.backends.base import Listener, check_made, check_ratio, ignore
from explorer.backends.bench import Bench
from explorer.backends.depgraph.options import check_options
from explorer.backends.depgraph.plan_warnings import estimate_of, warnings_of
from explorer.backends.depgraph.ranked import RankedGroups
from explorer.backends.depgraph.ranking import Positions
from explorer.backends.depgraph.torch_pruning import Gradients, Removed, Trace, prune, trace
from explorer.measuring.gradients import gather_gradients
from explorer.process.steps import finished
from explorer.values import Axis, ChannelPlan, Criterion, Progress, PruningOptions, RankingClass
from explorer.values.errors import PruningError


@dataclass(frozen=True)
class ChannelsAtHand(ChannelPlan):
    """A plan that can also tell its channels; it stays in the process that holds the network."""

    planner: DepGraphPlanner = field(kw_only=True, repr=False)

    @property
    def removed(self) -> dict[str, tuple[int, ...]]:
        """Output channels that go from every layer, numbered as in the dense network, sorted."""
        cut = self.planner.cut_at(self.ratio, Axis.OUT)
        return {path: gone for (path, _), gone in cut.items()}


class DepGraphPlanner:
    """Structural pruning of coupled groups; see `explorer.backends.base.Planner`."""

    def __init__(self, bench: Bench, options: PruningOptions) -> None:
        """Check what is asked; nothing is scored yet.

        Raises:
            UnknownNameError: if a layer that the options name does not exist.
            PruningError: for numbers out of their range.
        """
        check_options(bench.net, options)
        self.bench = bench
        self.net = bench.net
        self.options = options
        self.spent = 0.0  # seconds that the library took when it last carried a plan out
        self.removed: Removed = {}  # channels that it then removed from every (layer, axis)

    def rank(self) -> Iterator[Progress]:
        """Trace, check the couplings, score and rank; see `Planner.rank`.

        Raises:
            PruningError: if no group can be pruned, DepGraph couples the network's channels wrongly, or the
                criterion does not suit it.
        """
        yield Progress(None, "Reading which layers are coupled")
        traced(self.bench)
        yield from gradients_of(self.bench, self.options.criterion)
        yield Progress(None, "Scoring and ranking the groups")
        self.plan(0.5)  # what all plans share is made with the first

    @cached_property
    def ranked(self) -> RankedGroups:
        """The groups under these options; only of a network whose couplings hold."""
        found = _ranked(self.bench, self.options)
        self.bench.part("couplings", lambda: _check_couplings(self.bench, found))
        return found

    def plan(self, ratio: float) -> ChannelsAtHand:
        """What goes at `ratio`; see `Planner.plan`."""
        ratio, ranked = check_ratio(ratio), self.ranked
        removal = ranked.removal(ratio)
        left = ranked.left(removal.counts)
        nonzero, effective = ranked.not_zero(left, removal.counts)
        return ChannelsAtHand(
            ratio=ratio,
            dense=ranked.dense,
            widths=tuple(left.out.tolist()),
            layer_params=tuple(left.params.tolist()),
            layer_nonzero=tuple(nonzero.tolist()),
            layer_macs=tuple(left.macs.tolist()),
            layer_effective_macs=tuple(effective.tolist()),
            bytes=left.bytes,
            warnings=tuple(warnings_of(ranked, ratio, removal, left.out)),
            estimate=estimate_of(self.options),
            dense_groups=ranked.groups,
            lost=ranked.lost(removal.counts),
            planner=self,
        )

    def sketch(self, plan: ChannelPlan) -> nn.Module:
        """The same network without the library: a copy with the plan's channels cut out; see `Planner.sketch`."""
        self._check_made(plan)
        return slice_channels(copy.deepcopy(self.net.module), self.cut_at(plan.ratio))

    def apply(self, plan: ChannelPlan, on_progress: Listener = ignore) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning; see `Planner.apply`."""
        self._check_made(plan)
        module = self.carry_out(plan, on_progress)
        if not plan.estimate and self.removed != self.cut_at(plan.ratio):
            raise PruningError(
                f"Torch-Pruning did not remove the channels of '{self.net.name}' that were planned at ratio "
                f"{plan.ratio:g}, so the result is not handed out. Use another ratio or network."
            )
        return module

    def carry_out(self, plan: ChannelPlan, on_progress: Listener = ignore) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning, whatever it then does; `removed` tells."""
        order, steps = self.ranked.order(plan.ratio), self.options.steps

        def tell(step: int) -> None:
            on_progress(Progress(step / steps, f"Step {step} of {steps}"))

        start = time.perf_counter()
        module = copy.deepcopy(self.net.module)
        removed = prune(module, self.net.example_input, order, self._gradients_in_turn(), tell)
        self.spent = time.perf_counter() - start
        check_runs(self.net, settle_widths(module))
        self.removed = {axis: gone for axis, gone in removed.items() if gone}
        return module

    def positions_at(self, ratio: float) -> Positions:
        """Positions of every candidate that go at `ratio`."""
        return self.ranked.removal(check_ratio(ratio)).counts

    def cut_at(self, ratio: float, only: Axis | None = None) -> Removed:
        """Channels that go from every (layer, axis) at `ratio`, or from one kind of axis only."""
        return self.ranked.cut_of(self.positions_at(ratio), only)

    def scores(self) -> dict[int, tuple[float, ...]]:
        """Importance per root channel of every group that may be pruned."""
        return self.ranked.scores()

    def ranking_classes(self) -> tuple[RankingClass, ...]:
        """The sets of groups that are ranked together."""
        return self.ranked.classes()

    @property
    def trace(self) -> Trace:
        """The network as Torch-Pruning traced it."""
        return traced(self.bench)

    def _gradients_in_turn(self) -> Callable[[nn.Module], Gradients]:
        """Before the first step the copy is still the dense network, whose gradients are known."""
        known = [finished(gradients_of(self.bench, self.options.criterion))]
        judged, criterion = self.net.judged_on, self.options.criterion
        return lambda module: known.pop() if known else finished(gather_gradients(module, judged, criterion))

    def _check_made(self, plan: ChannelPlan) -> None:
        check_made(plan, ChannelPlan, self, lambda made: self.plan(made.ratio))


def traced(bench: Bench) -> Trace:
    """The network's trace by Torch-Pruning, made once."""
    return bench.part("trace", lambda: trace(bench.net.module, bench.net.example_input))


def gradients_of(bench: Bench, criterion: Criterion) -> Generator[Progress, None, Gradients]:
    """What a criterion wants of the network, gathered once; yields how far that is."""
    key = "gradients", criterion
    if not bench.known(key):
        found = yield from gather_gradients(bench.net.module, bench.net.judged_on, criterion)
        return bench.part(key, lambda: found)
    return bench.part(key, dict)


def _ranked(bench: Bench, options: PruningOptions) -> RankedGroups:
    costs = bench.part("costs", lambda: layer_costs(bench.net))
    return RankedGroups(
        bench.net, options, traced(bench), costs, finished(gradients_of(bench, options.criterion))
    )


def _check_couplings(bench: Bench, found: RankedGroups) -> None:
    """Once a network, with all groups that can be scored: whether couplings hold does not depend on the options."""
    every = found if found.options == PruningOptions() else _ranked(bench, PruningOptions())
    check_couplings(bench.net, every.halves())
