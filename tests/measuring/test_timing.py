"""Measurements carry their spread, and take their turns."""

from __future__ import annotations

import math
import time
from collections import Counter
from functools import partial
from itertools import islice, pairwise, permutations, product
from typing import Any

import pytest

from explorer.measuring.timing import FEWEST, Turns, orders, quick, quotient, rounds, summarized, watched
from explorer.values import Interval


def test_the_interval_holds_the_median_and_leaves_out_the_tails() -> None:
    found = summarized([float(value) for value in range(1, 102)])
    assert found.median == 51
    assert found.low == pytest.approx(51 - 0.98 * 101**0.5, abs=1.5)
    assert found.high == pytest.approx(51 + 0.98 * 101**0.5, abs=1.5)
    assert found.runs == 101


def test_few_runs_give_the_widest_interval_there_is() -> None:
    found = summarized([3.0, 1.0, 2.0])
    assert (found.low, found.median, found.high) == (1.0, 2.0, 3.0)


def turns_of(*names: str, **limits: Any) -> tuple[Turns, list[tuple[str, ...]]]:
    """The runs' times, and the order of every round; the first is the one that does not count."""
    order: list[str] = []
    turns = Turns({name: partial(order.append, name) for name in names}, **limits)
    return turns, list(zip(*[iter(order)] * len(names), strict=True))


def test_every_run_is_made_once_a_round_after_a_round_that_does_not_count() -> None:
    turns, rounds = turns_of("a", "b", "c", most=8)
    assert all(sorted(order) == ["a", "b", "c"] for order in rounds)
    assert len(rounds) == 1 + 8
    assert {name: timing.runs for name, timing in turns.times().items()} == {"a": 8, "b": 8, "c": 8}


def test_runs_take_their_turns_in_those_orders() -> None:
    _, (_, *counted) = turns_of("a", "b", "c", seconds=-1.0)
    assert counted == [tuple(order) for order in islice(orders("abc"), FEWEST)]


@pytest.mark.parametrize("names", ["ab", "abc", "abcd", "abcde", "abcdefgh"])
def test_each_run_has_each_place_and_follows_each_other_one_equally_often(names: str) -> None:
    size = len(names)
    cycle = list(islice(orders(names), 2 * size))
    assert Counter(pair for order in cycle for pair in pairwise(order)) == dict.fromkeys(
        permutations(names, 2), 2
    )
    assert Counter(place for order in cycle for place in enumerate(order)) == dict.fromkeys(
        product(range(size), names), 2
    )


def test_no_round_begins_once_the_time_is_up_but_enough_for_an_interval_are_made() -> None:
    turns, _ = turns_of("a", seconds=-1.0)
    assert turns.time("a").runs == FEWEST


def test_a_quotient_compares_times_of_the_same_round() -> None:
    slow_round = [1.0, 10.0, 1.0, 1.0, 10.0, 1.0]
    assert quotient([2 * taken for taken in slow_round], slow_round) == Interval(2.0, 2.0, 2.0)


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

    def nap() -> None:
        time.sleep(0.01)
        runs.append(None)

    assert quick(nap, budget=-1.0) >= 0.01
    assert len(runs) == 1
    quick(lambda: runs.append(None), budget=60.0, most=3)
    assert len(runs) == 1 + 3


def test_whoever_watches_hears_what_share_of_the_rounds_is_over_and_others_nothing() -> None:
    told: list[float] = []
    with watched(told.append):
        assert len(list(rounds(seconds=-1.0))) == FEWEST
        assert len(list(rounds(seconds=math.inf, most=3))) == 3
    list(rounds(seconds=-1.0))
    assert told == [*(number / FEWEST for number in range(FEWEST)), 0, 1 / 3, 2 / 3]
