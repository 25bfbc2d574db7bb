"""SparseML: plans its schedule and masks without it; the library carries them out in a process of its own.

Masks write zeros and change no shape: parameters and MACs stay, non-zeros and effective MACs shrink.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from explorer.anatomy.copies import copied
from explorer.anatomy.inputs import answer
from explorer.backends import SPARSEML
from explorer.backends.base import Listener, check_made, check_ratio, ignore
from explorer.backends.bench import Bench
from explorer.backends.slots import left_out as left_out_of
from explorer.backends.sparseml.carrying import carry_out
from explorer.backends.sparseml.layers import weight_of
from explorer.backends.sparseml.masks import Loss
from explorer.backends.sparseml.options import check_numbers, check_options, spelled_out, steps_per_epoch
from explorer.backends.sparseml.ranked import RankedWeights
from explorer.backends.sparseml.recipe import write_recipe
from explorer.backends.sparseml.schedule import schedule
from explorer.values import (
    Counts,
    Interpolation,
    MaskedLayer,
    MaskedPlan,
    Modifier,
    Progress,
    RecipePlan,
    RunMode,
    SchedulePoint,
    SparseOptions,
)
from explorer.values.errors import PruningError

UNKNOWN = "Gradients decide which weights become zero, so only their number is known before SparseML runs."


@dataclass(frozen=True)
class RecipeAtHand(RecipePlan):
    """A plan that can also tell its masks; it stays in the process that holds the network."""

    planner: SparsePlanner = field(kw_only=True, repr=False)

    def masks(self) -> dict[str, Tensor]:
        """Mask of every pruned weight, True = kept, by the parameter's dotted path."""
        return self.planner.masks(self.options.final_sparsity)


class SparsePlanner:
    """Schedules and masks by SparseML; see `explorer.backends.base.Planner`."""

    backend = SPARSEML

    def __init__(self, bench: Bench, options: SparseOptions) -> None:
        """Check the options; nothing is ranked yet.

        Raises:
            PruningError: for what SparseML refuses, or would do wrongly without saying so.
        """
        options = spelled_out(bench.net, options)
        check_options(bench.net, options)
        self.bench = bench
        self.net = bench.net
        self.options = options
        self.spent = 0.0  # seconds that SparseML's process took when it last carried a plan out

    def rank(self) -> Iterator[Progress]:
        """Score the weights; see `Planner.rank`."""
        yield Progress(None, "Scoring the weights")
        self.plan()  # what all plans share is made with the first

    @property
    def ranked(self) -> RankedWeights:
        """Layers and scores, which other sparsities and times share."""
        return self.bench.part(
            ("sparseml", RankedWeights.key(self.options)), lambda: RankedWeights(self.bench, self.options)
        )

    def plan(self, ratio: float | None = None) -> RecipeAtHand:
        """Schedule, recipe and zeros with `ratio` as final sparsity; None: that of the options.

        Raises:
            PruningError: for a ratio that is none, or that these options cannot have.
        """
        planner = self if ratio is None else self.at(check_ratio(ratio))
        return planner._planned(self)

    def at(self, sparsity: float) -> SparsePlanner:
        """The same planner with another final sparsity; what may not lie above it follows."""
        self._check_free(sparsity)
        options = self.options.at(sparsity)
        if options == self.options:
            return self
        check_numbers(self.net, options)  # the layers stay as they were checked
        made = copy(self)
        made.options = options
        return made

    def _check_free(self, sparsity: float) -> None:
        """Refuse a ratio where the options leave no choice."""
        constant = self.options.modifier is Modifier.CONSTANT
        fixed = 0.0 if constant else self.options.mask_type.fixed_sparsity
        if fixed is not None and sparsity != fixed:
            what = (
                "ConstantPruningModifier keeps the zeros there are"
                if constant
                else (f"A {self.options.mask_type} mask zeroes exactly half")
            )
            raise PruningError(f"{what}, so its ratio is always {fixed:g}, got {sparsity:g}. Use {fixed:g}.")

    def _planned(self, asked: SparsePlanner) -> RecipeAtHand:
        """The plan at these options, which belongs to the planner that was asked for it."""
        options, ranked = self.options, self.ranked
        losses = self.losses(options.final_sparsity)
        masked = np.array([losses[layer].masked for layer in ranked.layers])
        left = np.array([losses[layer].nonzero for layer in ranked.layers])
        columns = ranked.table.columns(masked, ranked.nonzero - left)
        return RecipeAtHand(
            **columns,
            ratio=0.0 if options.modifier is Modifier.CONSTANT else options.final_sparsity,
            warnings=tuple(self._warnings(columns["layer_masked"])),
            left_out=self._left_out,
            estimate="" if options.modifier.by_magnitude else UNKNOWN,
            options=options,
            schedule=self.schedule(),
            yaml=write_recipe(self.net, options),
            masks_known=options.modifier.by_magnitude,
            planner=asked,
        )

    def schedule(self) -> tuple[SchedulePoint, ...]:
        """Every update step of a training run."""
        points = schedule(self.options, steps_per_epoch(self.net))
        if self.options.modifier is not Modifier.CONSTANT:
            return points
        losses = self.losses(0.0).values()
        kept = 1 - sum(loss.nonzero for loss in losses) / self.maskable
        return tuple(replace(point, sparsity=kept) for point in points)

    @property
    def maskable(self) -> int:
        """Weights that masks cover."""
        return sum(weight.numel() for weight in self.ranked.ranking.weights.values())

    def losses(self, sparsity: float) -> dict[str, Loss]:
        """What every masked layer loses."""
        if self.options.modifier is Modifier.CONSTANT:
            weights = self.ranked.ranking.weights
            left = {name: int(weight.count_nonzero()) for name, weight in weights.items()}
            return {name: Loss(weights[name].numel() - n, n) for name, n in left.items()}
        return self.ranked.ranking.losses(sparsity)

    def masks(self, sparsity: float) -> dict[str, Tensor]:
        """Masks of the one-shot result, True = kept, by the parameter's dotted path.

        Raises:
            PruningError: where gradients decide on the mask.
        """
        modifier = self.options.modifier
        if not modifier.by_magnitude:
            raise PruningError(
                f"Which weights {modifier.tag} zeroes depends on gradients, so no plan can say. Run it."
            )
        if modifier is Modifier.CONSTANT:
            masks = {name: weight != 0 for name, weight in self.ranked.ranking.weights.items()}
        else:
            masks = self.ranked.ranking.masks(sparsity)
        return {f"{name}.weight": mask for name, mask in masks.items()}

    def sparsity(self, module: nn.Module) -> float:
        """Share of the weights under masks that are zero in `module`, a copy of the network."""
        left = sum(int(weight_of(module, layer).count_nonzero()) for layer in self.ranked.layers)
        return 1 - left / self.maskable

    def rows_of(self, module: nn.Module) -> tuple[MaskedLayer, ...]:
        """Every layer as it is in `module`, a copy of the network; all zeros count as masked."""
        table = self.ranked.table_of(module)
        weights = [weight_of(module, layer) for layer in self.ranked.layers]
        zeros = np.array([weight.numel() - int(weight.count_nonzero()) for weight in weights])
        return MaskedPlan(**table.columns(zeros, np.zeros_like(zeros)), ratio=0.0).layers

    def counts_follow(self, layers: Iterable[str]) -> bool:
        """Whether the zeros of these layers can be counted beforehand, whichever weights go."""
        return all(self.ranked.ranking.exact_counts(layer) for layer in layers)

    def sketch(self, plan: RecipePlan) -> nn.Module:
        """The one-shot result without the library: a copy with the plan's zeros written; see `Planner.sketch`."""
        module = copied(self.net.module)
        with torch.no_grad():
            for name, mask in self._planner_of(plan).masks(plan.options.final_sparsity).items():
                module.get_parameter(name).mul_(mask)
        return module

    def apply(
        self, plan: RecipePlan, on_progress: Listener = ignore, mode: RunMode | None = None
    ) -> nn.Module:
        """Have SparseML carry the plan out on a fresh copy, in a process of its own; see `Planner.apply`.

        Args:
            mode: None: in one shot where the modifier can, else with training.
        """
        layers = self._planner_of(plan).ranked.layers
        mode = mode or plan.options.modifier.modes[-1]
        start = time.perf_counter()
        module = carry_out(self.net, plan.options, layers, mode, on_progress)
        self.spent = time.perf_counter() - start
        answer(module, self.net.example_input)
        return module

    def _planner_of(self, plan: RecipePlan) -> SparsePlanner:
        """This planner, or the one that it makes plans of that ratio with."""
        check_made(plan, RecipePlan, self, lambda made: self._same(made)._planned(self))
        return self._same(plan)

    def _same(self, plan: RecipePlan) -> SparsePlanner:
        return self if plan.options == self.options else self.at(plan.ratio)

    @cached_property
    def _left_out(self) -> str:
        """What no mask covers; where a person picks layers, they know."""
        picked = self.options.layers is not None or self.options.pattern or self.options.param_groups
        return "" if picked else left_out_of(self.net.module)

    def _warnings(self, masked: Counts) -> Iterator[str]:
        options = self.options
        yield from self.ranked.warnings
        if options.modifier.traits.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
            yield "In one shot SparseML would mask to the initial sparsity with inverse_cubic: run it with training."
        if options.modifier is Modifier.TOPKAST:
            yield "TopKAST keeps all weights while it trains; the zeros are written when the run ends."
        if options.final_sparsity and not any(masked):
            yield _nothing(options)
        for name, values in self.ranked.table.emptied(masked):
            yield f"'{name}' loses all its {values:,} weights: expect the network to fail."


def _nothing(options: SparseOptions) -> str:
    if options.modifier is Modifier.CONSTANT:
        return "Nothing is zeroed: ConstantPruningModifier keeps existing zeros, and this network has none."
    return f"Nothing is zeroed: a sparsity of {options.final_sparsity:g} rounds to no unit. Raise it."
