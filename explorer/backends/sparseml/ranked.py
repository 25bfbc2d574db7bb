"""What all sparsities and times of a recipe share: its layers, and their weights in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from torch import nn

from explorer.backends.bench import Bench
from explorer.backends.masked_layers import MaskTable, rows_of
from explorer.backends.slots import Slot
from explorer.backends.sparseml.layers import left_out, selected, weight_of
from explorer.backends.sparseml.masks import MaskRanking
from explorer.backends.sparseml.options import scope_of
from explorer.values import MaskType, SparseOptions


class RankedWeights:
    """What does not change while sparsity and times do: layers, their costs, and their weights in order."""

    def __init__(self, bench: Bench, options: SparseOptions) -> None:
        module = self._module = bench.net.module
        self._options = options
        self.layers = selected(module, options)
        weights = {layer: weight_of(module, layer).detach() for layer in self.layers}
        self.ranking = MaskRanking(weights, options.mask_type, scope_of(options), options.param_groups)
        self.rows = rows_of(bench)
        self.table = self.table_of(module)
        self.nonzero = np.array([int(weight.count_nonzero()) for weight in weights.values()])

    def table_of(self, module: nn.Module) -> MaskTable:
        """The layers of the network, or of a copy of it, in columns."""
        return MaskTable(module, self.rows, [Slot(layer, "weight") for layer in self.layers])

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What surprises about the layers, whichever sparsity is asked."""
        return (
            *_left_out(self._module, self._options),
            *_turned(self._module, self.layers, self._options.mask_type),
        )

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


def _left_out(module: nn.Module, options: SparseOptions) -> Iterator[str]:
    """One sentence for each reason, however many layers it concerns."""
    reasons = left_out(module, options)
    for reason in dict.fromkeys(reasons.values()):
        layers = [layer for layer, why in reasons.items() if why == reason]
        others = f" and {len(layers) - 1} more layers are" if len(layers) > 1 else " is"
        yield f"'{layers[0]}'{others} left out: {reason}."


def _turned(module: nn.Module, layers: Sequence[str], mask_type: MaskType) -> Iterator[str]:
    """SparseML masks dimension 0 (filter) or 1 (channel) of a weight, whatever lies there."""
    sides = {MaskType.FILTER: ("input", "output"), MaskType.CHANNEL: ("output", "input")}
    turned = [
        layer for layer in layers if isinstance(module.get_submodule(layer), nn.modules.conv._ConvTransposeNd)
    ]
    if turned and mask_type in sides:
        goes, named = sides[mask_type]
        alone = " is a transposed convolution"
        kind = f" and {len(turned) - 1} more are transposed convolutions" if len(turned) > 1 else alone
        yield (
            f"'{turned[0]}'{kind}: SparseML's mask type {mask_type} silences {goes} channels there, and not "
            f"{named} channels as elsewhere."
        )
