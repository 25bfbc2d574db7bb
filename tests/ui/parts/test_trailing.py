"""What is measured while a slider moves is of the newest position, one at a time, and holds nothing up."""

from __future__ import annotations

from threading import Event

import pytest

from explorer.ui.parts import trailing
from explorer.ui.parts.trailing import LONGEST, QUICK, Judged, Position, Trail
from explorer.values import Evaluation, LiveAccuracy, NetworkSpec, Weights
from explorer.values.errors import EngineError

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)


class Judge:
    """Stands for both engines; the one beside answers when it is told to. An accuracy is one minus the ratio."""

    def __init__(self) -> None:
        self.were_here: list[float] = []
        self.were_beside: list[float] = []
        self.may_answer, self.answered, self.fails, self.seconds = Event(), Event(), False, 0.5

    def at(self, ratio: float, moves: bool = True, patience: float = 0.0) -> Position[LiveAccuracy]:
        return Position(self, (ratio,), f"{ratio:.2f}", moves, patience)

    def __call__(self, ratio: float) -> LiveAccuracy:
        self.were_here.append(ratio)
        return self._found(ratio)

    def beside(self, ratio: float) -> LiveAccuracy:
        self.were_beside.append(ratio)
        assert self.may_answer.wait(10)
        self.answered.set()
        if self.fails:
            raise EngineError("It failed.")
        return self._found(ratio)

    def _found(self, ratio: float) -> LiveAccuracy:
        whole = Evaluation(1.0, 0.0, 100)
        return LiveAccuracy(whole, Evaluation(1 - ratio, 0.0, 100), None, 100, 0, self.seconds)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    monkeypatch.setattr(
        trailing, "PAUSE", 10.0
    )  # seconds; on a slow machine a glance misses it, a wait does not
    return Judge()


def shown(found: Judged) -> tuple[float, str, str]:
    assert found.found
    return round(1 - found.found.headline.accuracy, 2), found.at, found.again


def ready(judge: Judge) -> Trail:
    """A trail at 0.4, after 0.3, whose slider rested there until the process beside had answered."""
    trail = Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    judge.may_answer.set()
    trail.follow(CNN, judge.at(0.4))
    trail.follow(CNN, judge.at(0.4))
    return trail


def test_a_slider_at_rest_is_told_of_its_own_position(judge: Judge) -> None:
    assert shown(Trail().follow(CNN, judge.at(0.3, moves=False))) == (0.3, "", "")
    assert (judge.were_here, judge.were_beside) == ([0.3], [])


def test_while_it_moves_the_last_position_that_was_measured_is_shown_and_named(judge: Judge) -> None:
    trail = Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    assert shown(trail.follow(CNN, judge.at(0.4))) == (0.3, "0.30", "pause")
    assert shown(trail.follow(CNN, judge.at(0.5))) == (0.3, "0.30", "pause")
    assert shown(trail.follow(CNN, judge.at(0.6))) == (0.3, "0.30", "pause")
    judge.may_answer.set()
    assert shown(trail.follow(CNN, judge.at(0.6))) == (0.6, "0.60", "release")
    assert judge.were_beside == [0.4, 0.6]  # always the newest


def test_let_go_it_is_measured_where_plans_are_made_whatever_is_measured_beside(judge: Judge) -> None:
    trail = Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    trail.follow(CNN, judge.at(0.4))
    assert shown(trail.follow(CNN, judge.at(0.6, moves=False))) == (0.6, "", "")
    judge.may_answer.set()
    assert judge.answered.wait(10)
    assert shown(trail.follow(CNN, judge.at(0.6))) == (
        0.6,
        "0.60",
        "release",
    )  # what came late is of no interest
    assert judge.were_here == [0.3, 0.6]


def test_what_takes_long_waits_until_the_slider_is_let_go(judge: Judge) -> None:
    judge.seconds, trail = 2 * LONGEST, Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    assert shown(trail.follow(CNN, judge.at(0.4))) == (0.3, "0.30", "release")
    assert judge.were_beside == []
    assert shown(trail.follow(CNN, judge.at(0.4, moves=False))) == (0.4, "", "")


def test_until_another_process_is_ready_the_page_measures_what_is_quick(judge: Judge) -> None:
    judge.seconds, trail = QUICK / 2, Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    assert shown(trail.follow(CNN, judge.at(0.4))) == (0.4, "0.40", "release")
    assert shown(trail.follow(CNN, judge.at(0.5))) == (0.5, "0.50", "release")
    judge.may_answer.set()
    assert trail._running
    trail._running[1].result(10)
    trail.follow(CNN, judge.at(0.6))
    assert shown(trail.follow(CNN, judge.at(0.6))) == (0.6, "0.60", "release")
    assert (judge.were_here, judge.were_beside) == ([0.3, 0.4, 0.5], [0.4, 0.6])


def test_what_fails_beside_is_asked_for_by_the_page_itself_which_says_why(judge: Judge) -> None:
    trail = Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    judge.fails = True
    judge.may_answer.set()
    trail.follow(CNN, judge.at(0.4))
    trail.follow(CNN, judge.at(0.4))
    assert shown(trail.follow(CNN, judge.at(0.5))) == (0.5, "0.50", "release")
    assert judge.were_here[-1] == 0.5


def test_another_network_shows_nothing_of_the_one_before(judge: Judge) -> None:
    trail = Trail()
    trail.follow(CNN, judge.at(0.3, moves=False))
    assert shown(trail.follow(NetworkSpec("digits-vit", Weights.TRAINED), judge.at(0.4))) == (
        0.4,
        "0.40",
        "release",
    )
    assert judge.were_here == [0.3, 0.4]


def test_where_no_count_waits_for_the_redraw_it_waits_for_the_position_before(judge: Judge) -> None:
    trail = ready(judge)
    trail.follow(CNN, judge.at(0.5))
    assert shown(trail.follow(CNN, judge.at(0.6, patience=10)))[0] >= 0.5
    assert judge.were_beside == [0.4, 0.5, 0.6]


def test_let_go_where_it_is_being_measured_it_waits_for_that(judge: Judge) -> None:
    trail = ready(judge)
    trail.follow(CNN, judge.at(0.5))
    assert shown(trail.follow(CNN, judge.at(0.5, moves=False))) == (0.5, "", "")
    assert (judge.were_here, judge.were_beside) == ([0.3], [0.4, 0.5])


def test_a_position_that_was_passed_before_is_not_measured_again(judge: Judge) -> None:
    trail = ready(judge)
    assert shown(trail.follow(CNN, judge.at(0.3))) == (0.3, "0.30", "release")
    assert shown(trail.follow(CNN, judge.at(0.4, moves=False))) == (0.4, "", "")
    assert (judge.were_here, judge.were_beside) == ([0.3], [0.4])


def test_let_go_where_it_was_measured_it_is_not_measured_again(judge: Judge) -> None:
    trail = Trail()
    trail.follow(CNN, judge.at(0.3))
    assert shown(trail.follow(CNN, judge.at(0.3, moves=False))) == (0.3, "", "")
    assert judge.were_here == [0.3]
