"""Measurements carry their spread, and take their turns."""

from __future__ import annotations

import math
import time

import pytest

from explorer.timing import FEWEST, in_turns, quick, summarized


def test_the_interval_holds_the_median_and_leaves_out_the_tails() -> None:
    found = summarized([float(value) for value in range(1, 102)])
    assert found.median == 51
    assert found.low == pytest.approx(51 - 0.98 * 101**0.5, abs=1.5)
    assert found.high == pytest.approx(51 + 0.98 * 101**0.5, abs=1.5)
    assert found.runs == 101


def test_few_runs_give_the_widest_interval_there_is() -> None:
    found = summarized([3.0, 1.0, 2.0])
    assert (found.low, found.median, found.high) == (1.0, 2.0, 3.0)


def test_runs_take_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []
    found = in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=4)
    assert order == ["a", "b"] * (1 + 4)
    assert {name: timing.runs for name, timing in found.items()} == {"a": 4, "b": 4}


def test_no_round_begins_once_the_time_is_up_but_enough_for_an_interval_are_made() -> None:
    assert in_turns({"a": lambda: None}, rounds=99, seconds=0)["a"].runs == FEWEST


@pytest.mark.parametrize("count", range(FEWEST, 151))
def test_the_interval_holds_the_median_with_95_percent_and_is_no_wider_than_that_takes(count: int) -> None:
    found = summarized([float(rank) for rank in range(count)])
    low, high = int(found.low), int(found.high)

    def coverage(low: int, high: int) -> float:
        """How often the median lies between the times of these ranks: as many below it as Binomial(n, 1/2)."""
        return sum(math.comb(count, below) for below in range(low + 1, high + 1)) / 2**count

    assert coverage(low, high) >= 0.95 > coverage(low + 1, high - 1)


def test_the_range_of_fewer_rounds_would_hold_the_median_too_seldom() -> None:
    assert 1 - 2 / 2 ** (FEWEST - 1) < 0.95 <= 1 - 2 / 2**FEWEST


def test_a_quick_measurement_stops_at_its_budget() -> None:
    runs: list[None] = []
    assert quick(lambda: runs.append(time.sleep(0.01)), budget=-1.0) >= 0.01
    assert len(runs) == 1
    quick(lambda: runs.append(None), budget=60.0, most=3)
    assert len(runs) == 1 + 3
