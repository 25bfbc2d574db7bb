"""What masks leave of every layer of a network, worked out for all layers at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.anatomy.counting import effective, layer_rows, own_nonzero, state_bytes
from explorer.anatomy.layers import width_of
from explorer.anatomy.surgery import Weighted
from explorer.backends.bench import Bench
from explorer.backends.slots import Slot
from explorer.values import Counts, DenseLayers, LayerRow

Column = NDArray[np.int64]


def rows_of(bench: Bench) -> tuple[LayerRow, ...]:
    """The network's layers, counted once: that runs it."""
    return bench.part("layers", lambda: layer_rows(bench.net))


class MaskTable:
    """The layers of one network in columns, and which of their parameters take masks.

    Args:
        module: the network.
        rows: its layers.
        slots: the parameters that take masks.
    """

    def __init__(self, module: nn.Module, rows: Sequence[LayerRow], slots: Sequence[Slot]) -> None:
        layers = {**dict(module.named_parameters()), **dict(module.named_modules())}
        places = {row.name: place for place, row in enumerate(rows)}
        weights = [_weight(layers.get(row.name)) for row in rows]
        self._at = _column(places[slot.layer] for slot in slots)
        self._is_weight = np.array([slot.parameter == "weight" for slot in slots], dtype=bool)
        self._weight_at = self._at[self._is_weight]
        self._left = _column(own_nonzero(row, layers.get(row.name)) for row in rows)
        self._maskable = self._on_layers(_column(module.get_parameter(slot.name).numel() for slot in slots))
        self._macs = _column(row.macs for row in rows)
        self._weight = _column(1 if weight is None else weight.numel() for weight in weights)
        self._weight_left = _column(1 if weight is None else weight.count_nonzero() for weight in weights)
        self.maskable = tuple(self._maskable.tolist())
        self.dense = DenseLayers(
            names=tuple(row.name for row in rows),
            types=tuple(row.type for row in rows),
            widths=tuple(width_of(layers.get(row.name)) for row in rows),
            params=tuple(row.params for row in rows),
            nonzero=tuple(self._left.tolist()),
            macs=tuple(row.macs for row in rows),
            bytes=state_bytes(module),
            effective_macs=tuple(effective(self._macs, self._weight_left, self._weight).tolist()),
        )

    def columns(self, masked: Column, lost: Column) -> dict[str, Any]:
        """What `MaskedPlan` holds of every layer.

        Args:
            masked: values under a zero, one number for each slot.
            lost: those of them that were not zero before, likewise.
        """
        weight_left = self._weight_left.copy()
        weight_left[self._weight_at] -= lost[self._is_weight]
        return {
            "dense": self.dense,
            "widths": self.dense.widths,
            "layer_params": self.dense.params,
            "layer_nonzero": tuple((self._left - self._on_layers(lost)).tolist()),
            "layer_macs": self.dense.macs,
            "layer_effective_macs": tuple(effective(self._macs, weight_left, self._weight).tolist()),
            "bytes": self.dense.bytes,
            "maskable": self.maskable,
            "layer_masked": tuple(self._on_layers(masked).tolist()),
        }

    def emptied(self, masked: Counts) -> Iterator[tuple[str, int]]:
        """Layers that compute something and lose all their values, with the number of those."""
        gone = np.array(masked)
        for place in np.flatnonzero((gone > 0) & (gone == self._maskable) & (self._macs > 0)):
            yield self.dense.names[place], masked[place]

    def _on_layers(self, of_slots: Column) -> Column:
        """Sums over the slots of every layer."""
        sums = np.zeros_like(self._left)
        np.add.at(sums, self._at, of_slots)
        return sums


def _weight(layer: nn.Module | nn.Parameter | None) -> Tensor | None:
    """The weight that a layer's MACs follow from; None where they do not depend on one."""
    found = layer.weight if isinstance(layer, Weighted) else None
    return found if found is not None and found.numel() else None


def _column(numbers: Iterable[int | Tensor]) -> Column:
    return np.array([int(number) for number in numbers], dtype=np.int64)
