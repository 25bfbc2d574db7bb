"""Work in a thread of its own is heard, and ends when whoever listens is interrupted."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep

import pytest

from explorer.process.steps import heard


def test_an_interruption_ends_the_work_that_is_heard() -> None:
    ended = []

    def work(tell: Callable[[str], None]) -> None:
        tell("begun")
        try:
            for _ in range(1000):
                sleep(0.005)
        except KeyboardInterrupt:
            ended.append("early")
            raise

    steps = heard(work)
    assert next(steps) == "begun"
    with pytest.raises(KeyboardInterrupt):
        steps.throw(KeyboardInterrupt)
    assert ended == ["early"]
