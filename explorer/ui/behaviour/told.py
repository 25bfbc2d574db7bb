"""In which state a pruned copy was judged, in words."""

from __future__ import annotations


def state_told(seen: int, is_put_off: bool) -> str:
    """Re-calibrated on so many images, or right after pruning."""
    told = f"re-calibrated on {seen:,} training images" if seen else "right after pruning"
    return f"{told}; re-calibrated on release" if is_put_off else told
