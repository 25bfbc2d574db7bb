"""Plans of libraries that write zeros: shapes and MACs stay, non-zeros and effective MACs shrink."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from explorer.values.plan import Counts, LayerPlan, Plan

BYTES = 4  # of one weight


@dataclass(frozen=True, slots=True)
class MaskedLayer(LayerPlan):
    """One layer under its masks; its shapes stay as they are."""

    masked: int = 0  # values under a zero of a mask, whether they were zero before or not
    maskable: int = 0  # values that masks cover; 0: the layer is not pruned


@dataclass(frozen=True, slots=True)
class MaskedPlan(Plan):
    """What masks leave of a network."""

    maskable: Counts = field(kw_only=True)  # values that masks cover, parallel to the columns of `dense`
    layer_masked: Counts = field(kw_only=True)

    @property
    def layers(self) -> tuple[MaskedLayer, ...]:
        """Every layer under its masks."""
        names = [column.name for column in fields(LayerPlan)]
        rows = zip(Plan.layers.fget(self), self.layer_masked, self.maskable, strict=True)  # type: ignore[attr-defined]
        return tuple(MaskedLayer(*(getattr(row, name) for name in names), *masks) for row, *masks in rows)

    @property
    def bytes_compressed(self) -> int:
        """Bytes if only non-zeros were stored of what masks cover, with one bit each to say where they are."""
        columns = zip(self.layer_params, self.layer_nonzero, self.maskable, strict=True)
        zeros = sum(min(params - nonzero, maskable) for params, nonzero, maskable in columns)
        bits = sum(self.maskable)
        return min(self.bytes, self.bytes - BYTES * zeros + (bits + 7) // 8)
