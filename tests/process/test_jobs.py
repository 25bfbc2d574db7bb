"""Jobs: progress, cancel, order, abandonment; real processes, no torch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from explorer.engine import calls
from explorer.engine.call import JobCall
from explorer.process.engine import EngineSettings
from explorer.process.frames import Request
from explorer.process.job import ALONE
from explorer.process.jobs import HISTORY, JobBoard
from explorer.values import JobState, JobStatus, Progress
from explorer.values.errors import BusyError, UnknownNameError
from tests.helpers.paths import ROOT
from tests.helpers.processes import gone, until, workers

SMALL = EngineSettings("tests.helpers.engine_functions", memory=1 << 30)


@pytest.fixture
def board() -> JobBoard:
    return JobBoard(SMALL)


def watch(board: JobBoard, job_id: str, wished: Callable[[JobStatus], bool]) -> JobStatus:
    """Ask as a page does; the first status that is as wished."""
    asked: list[JobStatus] = []

    def asks() -> bool:
        asked.append(board.status(job_id))
        return wished(asked[-1])

    assert until(asks, seconds=30), asked[-1]
    return asked[-1]


def over(status: JobStatus) -> bool:
    return status.over


def running(status: JobStatus) -> bool:
    return status.progress.text.startswith(("step", "pid"))


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    before = workers()
    yield
    assert until(lambda: workers() <= before)


@pytest.mark.large
def test_a_run_reports_progress_and_its_result(board: JobBoard) -> None:
    job = board.start("count", 4, seconds=0.3)
    assert watch(board, job, running).progress == Progress(0 / 4, "step 0")
    assert watch(board, job, lambda status: status.progress.text == "step 2").progress.fraction == 2 / 4
    done = watch(board, job, over)
    assert (done.state, done.result, done.error) == (JobState.DONE, 4, "")
    assert done.progress.fraction == 1.0
    assert done.seconds >= 4 * 0.3


def test_a_plain_function_is_a_run_too(board: JobBoard) -> None:
    assert watch(board, board.start("add", 2, b=3), over).result == 2 + 3


def test_a_refusal_is_the_runs_error(board: JobBoard) -> None:
    failed = watch(board, board.start("refuse", 2), over)
    assert failed.state is JobState.FAILED
    assert failed.error == "Pruning ratio must be a fraction in [0, 1), got 2."


def test_a_run_that_is_killed_says_so(board: JobBoard) -> None:
    failed = watch(board, board.start("crash"), over)
    assert failed.error == "The run's process was killed (SIGSEGV) while it ran 'crash'. Start the run again."


def test_a_run_out_of_memory_says_so(board: JobBoard) -> None:
    failed = watch(board, board.start("allocate", 2), over)
    assert failed.error.startswith(
        "'allocate' needed more memory than the run's process may use (1 GB), so it was stopped."
    )


def test_a_run_that_cannot_start_says_so(board: JobBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    failed = watch(board, board.start("add", 1), over)
    assert failed.error.startswith("The run's process could not be started: No such file or directory.")


def test_a_run_that_takes_too_long_is_stopped() -> None:
    board = JobBoard(SMALL, timeout=0.3)
    failed = watch(board, board.start("sleep", 30), over)
    assert (
        failed.error
        == "'sleep' took longer than 0.3 s, so the run's process was stopped. Start the run again."
    )


def test_a_cancelled_run_is_gone_within_seconds_even_if_it_ignores_sigterm(board: JobBoard) -> None:
    job = board.start("stubborn")
    watch(board, job, running)
    started = time.monotonic()
    board.cancel(job)
    cancelled = watch(board, job, over)
    assert (cancelled.state, cancelled.error) == (JobState.CANCELLED, "The run was cancelled.")
    assert time.monotonic() - started < 3


def test_cancelling_what_is_over_changes_nothing(board: JobBoard) -> None:
    job = board.start("add", 1)
    done = watch(board, job, over)
    board.cancel(job)
    assert board.status(job) == done


def test_at_most_so_many_run_and_the_others_wait_in_order() -> None:
    board = JobBoard(SMALL, at_once=1)
    first, second, third = (board.start("count", 100, seconds=0.1) for _ in range(3))
    watch(board, first, running)
    assert [board.status(job).state for job in (first, second, third)] == [
        JobState.RUNNING,
        JobState.QUEUED,
        JobState.QUEUED,
    ]
    assert board.status(second).seconds == 0
    board.cancel(first)
    watch(board, second, running)
    assert board.status(third).state is JobState.QUEUED
    board.cancel(third)
    assert watch(board, third, over).state is JobState.CANCELLED
    board.cancel(second)
    watch(board, second, over)


def test_a_run_that_takes_times_waits_for_another_one_and_not_for_others(board: JobBoard) -> None:
    first, second = (board.begin(Request("count", (100,), {"seconds": 0.1}), timed=True) for _ in range(2))
    watch(board, first, running)
    assert watch(board, board.start("add", 1), over).state is JobState.DONE
    waiting = board.status(second)
    assert waiting.state is JobState.QUEUED
    assert waiting.progress.text == ALONE
    board.cancel(first)
    watch(board, second, running)
    board.cancel(second)
    watch(board, second, over)


def test_runs_that_measure_latency_take_times() -> None:
    timed = {name for name, one in vars(calls).items() if isinstance(one, JobCall) and one.is_timed}
    assert timed == {"apply", "fine_tune", "compare", "run_recipe", "recipe_cost", "profile", "growth"}


def test_one_run_too_many_is_refused_until_another_left() -> None:
    board = JobBoard(SMALL, at_once=1, waiting=1)
    first, second = (board.start("stubborn") for _ in range(2))
    with pytest.raises(BusyError, match=r"runs 1 at once and 1 more are waiting.*cancel one of yours"):
        board.start("add", 1)
    board.cancel(second)
    third = board.start("add", 1)
    board.cancel(first)
    assert watch(board, third, over).state is JobState.DONE


@pytest.mark.large
def test_a_run_that_nobody_looks_at_ends_and_says_why() -> None:
    board = JobBoard(SMALL, abandoned=1.0)
    job = board.start("stubborn")
    watch(board, job, running)
    time.sleep(3)
    status = board.status(job)
    assert status.state is JobState.CANCELLED
    assert status.error == "Nobody looked at this run for 1 s, so it was stopped."


@pytest.mark.large
def test_a_reload_shorter_than_that_is_survived() -> None:
    board = JobBoard(SMALL, abandoned=2.0)
    job = board.start("count", 15, seconds=0.1)
    watch(board, job, running)
    time.sleep(1.0)
    assert watch(board, job, over).state is JobState.DONE


def test_an_id_of_another_server_is_told(board: JobBoard) -> None:
    with pytest.raises(UnknownNameError, match="This server knows no run 'abc'"):
        board.status("abc")
    with pytest.raises(UnknownNameError, match="This server knows no run 'abc'"):
        board.cancel("abc")


def test_ids_cannot_be_guessed(board: JobBoard) -> None:
    ids = [board.start("add", 1) for _ in range(2)]
    assert len(set(ids)) == 2
    assert all(len(job) >= 12 for job in ids)
    for job in ids:
        watch(board, job, over)


def test_the_history_is_bounded(board: JobBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobBoard, "_work", lambda self, job: job.end(JobState.DONE, result=1))
    ids = []
    for _ in range(HISTORY + 5):
        ids.append(board.start("add", 1))
        watch(board, ids[-1], over)
    with pytest.raises(UnknownNameError, match="is no longer kept"):
        board.status(ids[4])
    assert board.status(ids[5]).result == 1


SERVER = """
import time
from explorer.process.jobs import JobBoard
from explorer.process.engine import EngineSettings
board = JobBoard(EngineSettings("tests.helpers.engine_functions", memory=1 << 30))
job = board.start("stubborn")
while not board.status(job).progress.text.startswith("pid"):
    time.sleep(0.02)
print(board.status(job).progress.text, flush=True)
time.sleep(60)
"""


def test_a_run_ends_with_the_server() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline().split()[1])
        server.kill()
    assert until(lambda: gone(pid))
