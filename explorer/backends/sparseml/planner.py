"""SparseML: plans its schedule and masks without it; the library carries them out in a process of its own.

Masks write zeros and change no shape: parameters and MACs stay, non-zeros and effective MACs shrink.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from explorer.anatomy.counting import layer_rows
from explorer.anatomy.network import Network
from explorer.backends.masked_layers import Counts, MaskTable
from explorer.backends.native.torch_prune import Slot
from explorer.backends.sparseml.layers import left_out, selected, weight_of
from explorer.backends.sparseml.masks import Loss, MaskRanking
from explorer.backends.sparseml.options import check_options, parse_options, scope_of, steps_per_epoch
from explorer.backends.sparseml.recipe import write_recipe
from explorer.backends.sparseml.schedule import schedule
from explorer.values import (
    Interpolation,
    LayerSparsity,
    MaskedLayers,
    MaskType,
    Modifier,
    RunMode,
    SchedulePoint,
    SparseOptions,
    SparsePlan,
)
from explorer.values.errors import PruningError


@dataclass(frozen=True)
class RecipePlan(SparsePlan):
    """A plan that can also tell its masks; it stays in the process that holds the network."""

    planner: SparsePlanner = field(kw_only=True, repr=False)

    def masks(self) -> dict[str, Tensor]:
        """Mask of every pruned weight, True = kept, by the parameter's dotted path."""
        return self.planner.masks(self.options.final_sparsity)


class Ranked:
    """What does not change while sparsity and times do: layers, their costs, and their weights in order."""

    def __init__(self, net: Network, options: SparseOptions) -> None:
        self.layers = selected(net.module, options)
        weights = {layer: weight_of(net.module, layer).detach() for layer in self.layers}
        self.ranking = MaskRanking(weights, options.mask_type, scope_of(options), options.param_groups)
        self.rows = layer_rows(net)
        self.table = self.table_of(net.module)
        self.nonzero = np.array([int(weight.count_nonzero()) for weight in weights.values()])

    def table_of(self, module: nn.Module) -> MaskTable:
        """The layers of the network, or of a copy of it, in columns."""
        return MaskTable(module, self.rows, [Slot(layer, "weight") for layer in self.layers])

    @staticmethod
    def key(options: SparseOptions) -> SparseOptions:
        """The part of the options that a ranking depends on: the rest at its default."""
        return SparseOptions(
            mask_type=options.mask_type,
            scope=scope_of(options),
            layers=options.layers,
            pattern=options.pattern,
            param_groups=options.param_groups,
        )


class SparsePlanner:
    """Schedules and masks by SparseML; see `explorer.backends.base.Planner`."""

    def __init__(self, net: Network, options: SparseOptions, ranked: Ranked | None = None) -> None:
        """Check the options and rank the weights.

        Args:
            ranked: from a planner of the same network and `Ranked.key`; None makes it.

        Raises:
            PruningError: for what SparseML refuses, or would do wrongly without saying so.
        """
        check_options(net, options)
        self.net = net
        self.options = options
        self.ranked = ranked or Ranked(net, options)

    @classmethod
    def with_options(cls, net: Network, **options: Any) -> Self:
        """Make a planner from loose options, as the notebook API takes them."""
        return cls(net, parse_options(**options))

    def plan(self, ratio: float | None = None) -> RecipePlan:
        """Schedule, recipe and zeros with `ratio` as final sparsity; None: that of the options.

        Raises:
            PruningError: for a sparsity that SparseML refuses.
        """
        planner = self if ratio is None else self.at(ratio)
        counts = planner.counts()
        return RecipePlan(**{f.name: getattr(counts, f.name) for f in fields(SparsePlan)}, planner=planner)

    def at(self, sparsity: float) -> SparsePlanner:
        """The same planner with another final sparsity."""
        options = replace(self.options, final_sparsity=sparsity)
        return SparsePlanner(self.net, options, self.ranked)

    def counts(self) -> SparsePlan:
        """The plan as a plain value, which crosses the process boundary."""
        options = self.options
        losses = self.losses(options.final_sparsity)
        masked = np.array([losses[layer].masked for layer in self.ranked.layers])
        left = np.array([losses[layer].nonzero for layer in self.ranked.layers])
        columns = self.ranked.table.under(masked, self.ranked.nonzero - left)
        return SparsePlan(
            self.ranked.table.unmasked,
            *columns,
            options=options,
            schedule=self.schedule(),
            yaml=write_recipe(self.net, options),
            masks_known=options.modifier.by_magnitude,
            warnings=tuple(self._warnings(columns[1])),
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
                f"Which weights {modifier.tag} zeroes depends on gradients, so no plan can tell. Run it."
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

    def rows_of(self, module: nn.Module) -> tuple[LayerSparsity, ...]:
        """Every layer as it is in `module`, a copy of the network; all zeros count as masked."""
        table = self.ranked.table_of(module)
        weights = [weight_of(module, layer) for layer in self.ranked.layers]
        zeros = np.array([weight.numel() - int(weight.count_nonzero()) for weight in weights])
        return MaskedLayers(table.unmasked, *table.under(zeros, np.zeros_like(zeros))).layers

    def counts_follow(self, layers: Iterable[str]) -> bool:
        """Whether the zeros of these layers can be counted beforehand, whichever weights go."""
        return all(self.ranked.ranking.exact_counts(layer) for layer in layers)

    def masked(self) -> nn.Module:
        """The one-shot result without the library: a copy with the plan's zeros written into it."""
        module = copy.deepcopy(self.net.module)
        with torch.no_grad():
            for name, mask in self.masks(self.options.final_sparsity).items():
                module.get_parameter(name).mul_(mask)
        return module

    def apply(self, plan: RecipePlan, mode: RunMode | None = None) -> nn.Module:
        """Have SparseML carry the plan out on a fresh copy, in a process of its own; see `Planner.apply`.

        Args:
            mode: None: in one shot where the modifier can, else with training.
        """
        from explorer.backends.sparseml.apply import carry_out  # starts processes: only who applies pays

        return carry_out(plan.planner, mode or plan.options.modifier.modes[-1])

    def _warnings(self, masked: Counts) -> Iterator[str]:
        options = self.options
        yield from _left_out(self.net.module, options)
        yield from _turned(self.net.module, options)
        if options.modifier.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
            yield "In one shot SparseML would mask to the initial sparsity with inverse_cubic: run it with training."
        if options.modifier is Modifier.TOPKAST:
            yield "TopKAST keeps all weights while it trains; the zeros are written when the run ends."
        if not any(masked):
            yield _nothing(options)
        for name, values in self.ranked.table.emptied(masked):
            yield f"'{name}' loses all its {values:,} weights: expect accuracy to collapse."


def _left_out(module: nn.Module, options: SparseOptions) -> Iterator[str]:
    """One sentence for each reason, however many layers it concerns."""
    reasons = left_out(module, options)
    for reason in dict.fromkeys(reasons.values()):
        layers = [layer for layer, why in reasons.items() if why == reason]
        others = f" and {len(layers) - 1} more layers are" if len(layers) > 1 else " is"
        yield f"'{layers[0]}'{others} left out: {reason}."


def _turned(module: nn.Module, options: SparseOptions) -> Iterator[str]:
    """SparseML masks dimension 0 (filter) or 1 (channel) of a weight, whatever lies there."""
    sides = {MaskType.FILTER: ("input", "output"), MaskType.CHANNEL: ("output", "input")}
    layers = [
        layer
        for layer in selected(module, options)
        if isinstance(module.get_submodule(layer), nn.modules.conv._ConvTransposeNd)
    ]
    if layers and options.mask_type in sides:
        goes, named = sides[options.mask_type]
        alone = " is a transposed convolution"
        kind = f" and {len(layers) - 1} more are transposed convolutions" if len(layers) > 1 else alone
        yield (
            f"'{layers[0]}'{kind}: SparseML's mask type {options.mask_type} silences {goes} channels there, and not "
            f"{named} channels as elsewhere."
        )


def _nothing(options: SparseOptions) -> str:
    if options.modifier is Modifier.CONSTANT:
        return (
            "Nothing is zeroed: ConstantPruningModifier keeps the zeros there are, and this network has none."
        )
    return f"Nothing is zeroed: a sparsity of {options.final_sparsity:g} rounds to no unit. Raise it."
