"""In which state a pruned copy was judged, in words."""

from __future__ import annotations


def state_told(seen: int) -> str:
    """Re-calibrated on so many images, or right after pruning."""
    return f"re-calibrated on {seen:,} training images" if seen else "right after pruning"
