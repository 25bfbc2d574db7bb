"""Halving finds exactly the parts that fail, in few tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from explorer.backends.depgraph.halving import failing
from explorer.process.steps import finished


def test_of(bad: set[int], asked: list[int]) -> Callable[[Sequence[int]], str]:
    def test(parts: Sequence[int]) -> str:
        asked.append(len(parts))
        found = bad & set(parts)
        return f"{min(found)} is bad" if found else ""

    return test


test_of.__test__ = False  # type: ignore[attr-defined]  # what a test is given, not a test


@pytest.mark.parametrize(
    "bad", [set(), {0}, {35}, {3, 4, 5}, {0, 9, 18, 27, 35}, set(range(0, 36, 4)), set(range(36))]
)
def test_all_that_fail_are_found_and_no_others(bad: set[int]) -> None:
    asked: list[int] = []
    found = finished(failing(range(36), test_of(bad, asked), 60.0, "late"))
    assert set(found) == bad
    assert len(asked) <= 1 + len(bad) * (1 + 1.5 * math.log2(36)) + 2


def test_what_fails_only_together_is_found_with_the_rest_passing() -> None:
    def test(parts: Sequence[int]) -> str:
        return "too many" if {2, 7} <= set(parts) else ""

    assert set(finished(failing(range(10), test, 60.0, "late"))) == {7}


def test_a_clean_set_takes_one_test() -> None:
    asked: list[int] = []
    finished(failing(range(36), test_of(set(), asked), 60.0, "late"))
    assert asked == [36]


def test_what_was_not_tested_in_time_counts_as_failed() -> None:
    asked: list[int] = []
    found = finished(failing(range(4), test_of({1}, asked), -1.0, "late"))
    assert found == dict.fromkeys(range(4), "late")
    assert not asked


def test_progress_tells_how_many_do_not_hold() -> None:
    steps = [step.text for step in failing(range(8), test_of({1, 6}, []), 60.0, "late")]
    assert "Checking which of 8 coupled groups hold: 8 to look at" in steps
    assert any("1 do not hold" in text for text in steps)
