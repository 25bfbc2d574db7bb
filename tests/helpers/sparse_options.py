"""Options of SparseML's modifiers for tests: valid ones, and all that go together."""

from __future__ import annotations

from typing import Any

from explorer.values import MaskType, Modifier, SparseOptions

COMBINATIONS = [(modifier, mask) for modifier in Modifier for mask in modifier.traits.masks]


def made(modifier: Modifier, mask_type: MaskType | None = None, **others: Any) -> SparseOptions:
    """Options that are valid for every modifier and mask type."""
    mask_type = mask_type or modifier.traits.masks[0]
    if mask_type.fixed_sparsity:
        others = {"init_sparsity": 0.5, "final_sparsity": 0.5} | others
    if modifier is Modifier.ACDC:
        others = {"update_frequency": 1.0} | others
    return SparseOptions(modifier, mask_type, **others)
