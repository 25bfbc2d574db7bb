"""DepGraph: plans which coupled channels go, in integers; Torch-Pruning carries them out.

In a single step the library scores every group on the untouched network
before it removes anything, so which channels go at any ratio is known
beforehand: sort the scores once, and a plan is arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.anatomy.propagation import layer_costs
from explorer.anatomy.surgery import settle_widths, slice_channels
from explorer.anatomy.verifying import verify
from explorer.backends import DEPGRAPH
from explorer.backends.base import Listener, check_made, check_ratio, ignore
from explorer.backends.bench import Bench
from explorer.backends.depgraph.by_hand import Channels, Named, Picked, named, picked
from explorer.backends.depgraph.couplings import Stays, check_heads, checked
from explorer.backends.depgraph.options import check_options
from explorer.backends.depgraph.plan_warnings import collapsed, estimate_of, warnings_of
from explorer.backends.depgraph.ranked import Left, RankedGroups
from explorer.backends.depgraph.ranking import Positions
from explorer.backends.depgraph.removal import Chosen
from explorer.backends.depgraph.torch_pruning import Gradients, Removed, Trace, prune, remove, trace
from explorer.measuring.gradients import gather_gradients
from explorer.process.steps import finished
from explorer.values import (
    Axis,
    ChannelCriterion,
    ChannelOptions,
    ChannelPlan,
    HeadPruning,
    LeftWhole,
    Progress,
    RankingClass,
)
from explorer.values.errors import PruningError


@dataclass(frozen=True)
class ChannelsAtHand(ChannelPlan):
    """A plan that can also tell its channels; it stays in the process that holds the network."""

    planner: DepGraphPlanner = field(kw_only=True, repr=False)

    @property
    def removed(self) -> dict[str, tuple[int, ...]]:
        """Output channels that go from every layer, numbered as in the dense network, sorted."""
        cut = self.planner.cut(self, Axis.OUT)
        return {path: gone for (path, _), gone in cut.items()}


class DepGraphPlanner:
    """Structural pruning of coupled groups; see `explorer.backends.base.Planner`."""

    backend = DEPGRAPH

    def __init__(self, bench: Bench, options: ChannelOptions) -> None:
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
            PruningError: if no group can be pruned, as where no coupling holds, or the criterion does not suit it.
        """
        yield Progress(None, "Reading which layers are coupled")
        traced(self.bench)
        yield Progress(None, "Checking which couplings hold")
        yield from couplings_of(self.bench)
        yield from gradients_of(self.bench, self.options.criterion)
        yield Progress(None, "Scoring and ranking the groups")
        self.plan(0.5)  # what all plans share is made with the first

    @cached_property
    def ranked(self) -> RankedGroups:
        """The groups under these options; those whose couplings do not hold are left whole."""
        bench, net = self.bench, self.net
        stays = finished(couplings_of(bench))
        if self.options.heads is HeadPruning.WHOLE:
            bench.part("heads", lambda: check_heads(net, traced(bench), stays))
        return RankedGroups(
            net,
            self.options,
            traced(bench),
            stays,
            bench.part("costs", lambda: layer_costs(net)),
            finished(gradients_of(bench, self.options.criterion)),
        )

    @property
    def left_whole(self) -> tuple[LeftWhole, ...]:
        """Groups that lose no channels, each with the reason: outputs, kept layers, couplings that do not hold."""
        return self.ranked.left_whole

    def plan(self, ratio: float) -> ChannelsAtHand:
        """What goes at `ratio`; see `Planner.plan`."""
        ratio, ranked = check_ratio(ratio), self.ranked
        removal = ranked.removal(ratio)
        left = ranked.left(removal.counts)
        return self._planned(
            ratio,
            left,
            removal.counts,
            warnings=tuple(warnings_of(ranked, ratio, removal, left.out)),
            estimate=estimate_of(self.options),
        )

    def plan_of(self, amount: float | Channels) -> ChannelsAtHand:
        """The same for all that the library takes: a ratio, or output channels by layer.

        What is coupled with a channel goes with it, and so do the same positions of every head or conv group. Nothing
        else goes: ratio, rounding, maximum and ratios of their own are for channels that nobody names; kept layers
        stay whole. The plan's ratio is then the share that goes of all channels that may.

        Args:
            amount: as ``{"layer1.0.conv1": (0, 3)}``, numbered as in the dense network; layers may be modules.

        Raises:
            UnknownNameError: for a layer that does not exist.
            PruningError: for a channel that does not exist or has to stay, with the reason, or if a layer would lose
                all of its channels.
        """
        if not isinstance(amount, Mapping | Sequence) or isinstance(amount, str):
            return self.plan(amount)
        chosen, ranked = named(self.net, amount), self.ranked
        going = self._picked(chosen)
        left = ranked.left(going.counts, going.channels)
        lost, channels = ranked.lost(going.counts), sum(group.channels for group in ranked.groups)
        warnings = tuple(collapsed(ranked, left.out))
        return self._planned(
            sum(lost) / channels, left, going.counts, going.channels, chosen=chosen, warnings=warnings
        )

    def _planned(
        self, ratio: float, left: Left, counts: Positions, channels: Chosen | None = None, **rest: Any
    ) -> ChannelsAtHand:
        """The plan at which so many positions of every group go, and that is left of them."""
        ranked = self.ranked
        nonzero, effective = ranked.not_zero(left, counts, channels)
        return ChannelsAtHand(
            ratio=ratio,
            dense=ranked.dense,
            widths=tuple(left.out.tolist()),
            layer_params=tuple(left.params.tolist()),
            layer_nonzero=tuple(nonzero.tolist()),
            layer_macs=tuple(left.macs.tolist()),
            layer_effective_macs=tuple(effective.tolist()),
            bytes=left.bytes,
            dense_groups=ranked.groups,
            lost=ranked.lost(counts),
            planner=self,
            **rest,
        )

    def sketch(self, plan: ChannelPlan) -> nn.Module:
        """The same network without the library: a copy with the plan's channels cut out; see `Planner.sketch`."""
        self._check_made(plan)
        return slice_channels(copied(self.net.module), self.cut(plan))

    def apply(self, plan: ChannelPlan, on_progress: Listener = ignore) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning; see `Planner.apply`.

        Raises:
            PruningError: if the plan is another planner's, or the library did not do what it says, or left a network
                that does not run or answer as it should.
        """
        self._check_made(plan)
        module = self.carry_out(plan, on_progress)
        if not plan.estimate and self.removed != self.cut(plan):
            at = "" if plan.chosen else f" at ratio {plan.ratio:g}"
            raise PruningError(
                f"Torch-Pruning did not remove the channels of '{self.net.name}' that were planned{at}, so the result "
                "is not handed out. Use another ratio or network."
            )
        on_progress(Progress(1.0, "Comparing the result with silent channels"))
        verify(self.net, module, self.removed)
        self._check_figures(plan, module)
        return module

    def _check_figures(self, plan: ChannelPlan, module: nn.Module) -> None:
        """Refuse a result that counts otherwise than planned."""
        figures = (
            ("parameters", plan.params, total_params(module)),
            ("MACs", plan.macs, total_macs(module, self.net.example_input)),
            ("bytes", plan.bytes, state_bytes(module)),
        )
        for what, planned, counted in figures:
            if planned != counted and not plan.estimate:
                raise PruningError(
                    f"The pruned network has {counted:,} {what}, and the plan for '{self.net.name}' said "
                    f"{planned:,}, so it is not handed out. Use another ratio or network."
                )

    def carry_out(self, plan: ChannelPlan, on_progress: Listener = ignore) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning, whatever it then does; `removed` tells."""
        start = time.perf_counter()
        module = copied(self.net.module)
        if plan.chosen:
            removed = remove(module, self.net.example_input, self._picked(plan.chosen).going())
        else:
            removed = self._prune(module, plan.ratio, on_progress)
        self.spent = time.perf_counter() - start
        self.removed = {axis: gone for axis, gone in removed.items() if gone}
        return settle_widths(module)

    def _prune(self, module: nn.Module, ratio: float, on_progress: Listener) -> Removed:
        order, steps = self.ranked.order(ratio), self.options.steps

        def tell(step: int) -> None:
            on_progress(Progress(step / steps, f"Step {step} of {steps}"))

        return prune(module, self.net.example_input, order, self._gradients_in_turn(), tell)

    def _picked(self, chosen: Named) -> Picked:
        """What goes with channels that a person named."""
        return picked(self.net, self.ranked, chosen)

    def cut(self, plan: ChannelPlan, only: Axis | None = None) -> Removed:
        """Channels that go from every (layer, axis) by a plan, or from one kind of axis only."""
        if not plan.chosen:
            return self.cut_at(plan.ratio, only)
        going = self._picked(plan.chosen)
        return self.ranked.cut_of(going.counts, only, going.channels)

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
        check_made(plan, ChannelPlan, self, lambda made: self.plan_of(made.chosen or made.ratio))


def traced(bench: Bench) -> Trace:
    """The network's trace by Torch-Pruning, made once."""
    return bench.part("trace", lambda: trace(bench.net.module, bench.net.example_input))


def couplings_of(bench: Bench) -> Generator[Progress, None, Stays]:
    """Why each group of the trace has to stay whole, '' where it need not, found out once; yields how far that is."""
    return bench.part_in_steps("couplings", lambda: checked(bench.net, traced(bench)))


def gradients_of(bench: Bench, criterion: ChannelCriterion) -> Generator[Progress, None, Gradients]:
    """What a criterion wants of the network, gathered once; yields how far that is."""
    net = bench.net
    return bench.part_in_steps(
        ("gradients", criterion), lambda: gather_gradients(net.module, net.judged_on, criterion)
    )
