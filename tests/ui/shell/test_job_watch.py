"""How long a run goes on is told in the words of how long it still takes: minutes, once there are some."""

from __future__ import annotations

import pytest

from explorer.words import formats


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.9, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (25 * 60 + 25, "25 min 25 s"),
        (3605, "1 h 0 min 5 s"),
        (2 * 3600 + 61, "2 h 1 min 1 s"),
    ],
)
def test_a_run_tells_hours_and_minutes_once_there_are_some(seconds: float, told: str) -> None:
    assert formats.elapsed(seconds) == told


@pytest.mark.parametrize(("seconds", "told"), [(89, "1 min"), (3590, "1 h 0 min"), (146 * 60, "2 h 26 min")])
def test_what_is_left_is_told_in_hours_and_minutes(seconds: float, told: str) -> None:
    assert formats.remaining(seconds) == told
