"""Which of many parts fail a test that they can be put to together only."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence

from explorer.values import Progress

Test = Callable[[Sequence[int]], str]  # why these parts together fail; "" if they do not


def failing(
    parts: Sequence[int], test: Test, seconds: float, late: str
) -> Generator[Progress, None, dict[int, str]]:
    """Find parts without which all others pass together, by halving: about log2 n tests for each that fails.

    Parts that failed are left out from then on; those that passed stay in, so that what fails only together with
    another is found, too.

    Args:
        parts: in any order.
        test: of some of them together.
        seconds: no new test begins after so long, other processes' time not counted; whatever was not tested by
            then counts as failed.
        late: why that is.

    Yields:
        How far it is, before each test.

    Returns:
        Why, for each part that fails.
    """
    timely = _until(time.thread_time() + seconds, test, late)
    passed: list[int] = []
    rest, size, failed = list(parts), len(parts), dict[int, str]()
    while rest:
        size = min(size, len(rest))
        yield Progress(1 - len(rest) / len(parts), _told(len(failed), len(rest), len(parts)))
        why = timely([*passed, *rest[:size]])
        low, high = (0, size) if why else (size, size)
        while high - low > 1:  # rest[:low] passes, rest[:high] fails
            yield Progress(1 - len(rest) / len(parts), _told(len(failed), len(rest), len(parts)))
            middle = (low + high) // 2
            found = timely([*passed, *rest[:middle]])
            low, high, why = (low, middle, found) if found else (middle, high, why)
        passed += rest[:low]
        if low < high:
            failed[rest[low]] = why
        rest = rest[high:]
        # Failures come in clusters: look a little further than the last was away
        size = 4 * low if low else 1
    return failed


def _until(end: float, test: Test, late: str) -> Test:
    return lambda parts: late if time.thread_time() > end else test(parts)


def _told(failed: int, left: int, total: int) -> str:
    found = f"{failed} do not hold, " if failed else ""
    return f"Checking which of {total} coupled groups hold: {found}{left} to look at"
