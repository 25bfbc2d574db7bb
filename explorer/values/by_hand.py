"""Channels that a person names, and how a link or a field says them: ``0,3,8-11``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Channels = tuple[tuple[str, tuple[int, ...]], ...]  # (layer, its output channels)


def channels_text(channels: Iterable[int]) -> str:
    """``0,3,8-11``: numbers in their order, those beside each other as a span."""
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in spans(channels))


def spans(channels: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of those that lie beside each other, in their order."""
    found: list[tuple[int, int]] = []
    for channel in sorted(set(channels)):
        if found and channel == found[-1][1] + 1:
            found[-1] = found[-1][0], channel
        else:
            found.append((channel, channel))
    return found


def read_channels(text: str, width: int) -> tuple[int, ...]:
    """The channels that such a text names, sorted, each once.

    Raises:
        ValueError: for a part that names none of `width` channels; its text is that part.
    """
    found: set[int] = set()
    for part in filter(None, (one.strip() for one in text.replace("–", "-").split(","))):
        found.update(_span(part, width))
    return tuple(sorted(found))


def _span(part: str, width: int) -> Sequence[int]:
    low, dash, high = (side.strip() for side in part.partition("-"))
    ends = [low, high] if dash else [low, low]
    if not all(end.isdecimal() for end in ends) or not int(ends[0]) <= int(ends[1]) < width:
        raise ValueError(part)
    return range(int(ends[0]), int(ends[1]) + 1)
