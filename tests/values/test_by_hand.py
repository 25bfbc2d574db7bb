"""Channels as a field and a link say them."""

from __future__ import annotations

import pytest

from explorer.values.by_hand import channels_text, read_channels


@pytest.mark.parametrize(
    ("text", "channels", "again"),
    [
        ("0, 3,8 - 11", (0, 3, 8, 9, 10, 11), "0,3,8-11"),
        ("11,3,3", (3, 11), "3,11"),
        ("4–6", (4, 5, 6), "4-6"),
        ("1,2", (1, 2), "1-2"),
        ("", (), ""),
    ],
)
def test_channels_are_read_and_written(text: str, channels: tuple[int, ...], again: str) -> None:
    assert read_channels(text, 12) == channels
    assert channels_text(channels) == again
    assert read_channels(again, 12) == channels


@pytest.mark.parametrize("part", ["12", "-1", "x", "3-1", "3-12", "1.0", "1-2-3"])
def test_what_names_no_channel_is_told(part: str) -> None:
    with pytest.raises(ValueError, match=f"^{part}$"):
        read_channels(f"0,{part}", 12)
