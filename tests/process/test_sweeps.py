"""Sweeps: the same results wherever they run, and a lost worker costs its own task a retry, nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from explorer.process.steps import finished
from explorer.process.sweeps import (
    TRIES,
    WORKER_LEAST,
    LocalWorkers,
    cluster,
    default_count,
    local_workers,
    sweep,
)
from explorer.values.errors import EngineError, PruningError
from tests.helpers import sweep_tasks
from tests.helpers.paths import ROOT
from tests.helpers.processes import dask_cluster, gone, until

pytestmark = pytest.mark.large

NUMBERS = [(number,) for number in range(12)]
SQUARES = [number * number for number in range(12)]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with dask_cluster() as address:
        yield address


def watched(steps: Generator[int, None, list[int]]) -> tuple[list[int], list[int]]:
    """What a sweep yields, and what it returns."""
    seen: list[int] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def test_results_come_in_the_order_of_the_tasks_and_progress_with_each() -> None:
    with ThreadPoolExecutor(1) as executor:
        seen, results = watched(sweep(executor, sweep_tasks.square, NUMBERS))
    assert results == SQUARES
    assert seen == sorted(set(seen))
    assert seen[-1] == len(NUMBERS)


def test_a_dask_cluster_gives_what_local_processes_give(scheduler: str) -> None:
    with local_workers(2) as local:
        here = finished(sweep(local, sweep_tasks.square, NUMBERS))
    with cluster(scheduler) as dask:
        there = finished(sweep(dask, sweep_tasks.square, NUMBERS))
    assert here == there == SQUARES


def test_a_lost_worker_costs_its_own_task_a_retry_and_nothing_else(tmp_path: Path) -> None:
    tasks = [(number, str(tmp_path), 0.1) for number in range(10)]
    with local_workers(2) as local:
        steps = sweep(local, sweep_tasks.square_and_say_who, tasks)
        while next(steps) < 3:
            pass
        victim = local.pids[0]
        os.kill(victim, signal.SIGKILL)
        results = finished(steps)
        assert local.lost == 1
    assert [square for square, _ in results] == [number * number for number in range(10)]
    tries = [file.name.partition(".")[0] for file in tmp_path.iterdir()]
    twice = {number for number in tries if tries.count(number) > 1}
    assert len(twice) <= 1  # what the victim was at; the other worker's tasks ran once
    assert len(tries) - len(results) <= 1


def test_a_task_that_kills_its_worker_once_is_done_by_the_next(tmp_path: Path) -> None:
    with local_workers(1) as local:
        results = finished(sweep(local, sweep_tasks.die_once, [(2, str(tmp_path)), (3, str(tmp_path))]))
        assert local.lost == 2
    assert results == [2 * 2, 3 * 3]


def test_a_dask_worker_that_is_killed_costs_retries_only(scheduler: str, tmp_path: Path) -> None:
    with cluster(scheduler) as dask:
        assert finished(
            sweep(dask, sweep_tasks.die_once, [(number, str(tmp_path)) for number in (2, 3)])
        ) == [
            2 * 2,
            3 * 3,
        ]


def test_a_task_that_kills_every_worker_ends_the_sweep_in_a_sentence() -> None:
    with local_workers(1) as local, pytest.raises(EngineError, match=f"^{TRIES} worker processes in a row"):
        finished(sweep(local, sweep_tasks.die, [()]))


def test_what_a_task_refuses_ends_the_sweep() -> None:
    with local_workers(2) as local, pytest.raises(PruningError, match=r"^Two is refused\.$"):
        finished(sweep(local, sweep_tasks.refuse, NUMBERS))


def test_a_worker_has_one_thread_and_its_share_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    small = LocalWorkers(2, memory=2 << 30)
    try:
        assert finished(sweep(small, sweep_tasks.threads, [()])) == [("1", "1", "1")]
        assert finished(sweep(small, sweep_tasks.allocate, [(1 << 20,)])) == [1 << 20]
        with pytest.raises(MemoryError, match="^$"):
            finished(sweep(small, sweep_tasks.allocate, [(1 << 30,)]))
    finally:
        small.shutdown(cancel_futures=True)


@pytest.mark.parametrize(
    ("cores", "allowed", "count"),
    [(64, 6 << 30, 4), (64, 512 << 30, 64), (2, 16 << 30, 2), (16, 1 << 30, 1)],
)
def test_there_are_no_more_workers_than_memory_lasts_for(
    monkeypatch: pytest.MonkeyPatch, cores: int, allowed: int, count: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr("explorer.process.sweeps._allowed", lambda: allowed)
    with local_workers() as local:  # they start with their first task: none does here
        assert local.count == count
        assert local.memory >= min(WORKER_LEAST, allowed // 2)


def test_workers_that_hold_a_large_network_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr("explorer.process.sweeps._allowed", lambda: 2 * 8 * WORKER_LEAST)
    assert [default_count(holding=times * WORKER_LEAST) for times in (0, 1, 3, 20)] == [8, 4, 2, 1]


def test_where_a_process_cannot_be_bound_to_cores_all_of_them_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    monkeypatch.setattr("explorer.process.sweeps._allowed", lambda: 64 << 30)
    assert default_count() == 3


def test_an_address_where_no_scheduler_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.process.sweeps.CONNECTING", 0.5)
    with (
        pytest.raises(EngineError, match="^No Dask scheduler answers at 'tcp://127.0.0.1:9'"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_leaving_in_the_middle_leaves_no_process() -> None:
    with local_workers(2) as local:
        waiting = [local.submit(sweep_tasks.sleep, 60) for _ in range(4)]
        assert until(lambda: len(local.pids) == 2)
        pids = local.pids
    assert until(lambda: all(map(gone, pids)))
    assert all(future.cancelled() or future.exception() for future in waiting)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_the_process_that_started_them(blow: signal.Signals) -> None:
    script = (
        "import time\n"
        "from explorer.process.sweeps import LocalWorkers\n"
        "from tests.helpers import sweep_tasks\n"
        "if __name__ == '__main__':\n"
        "    workers = LocalWorkers(1)\n"
        "    workers.submit(sweep_tasks.square, 2).result()\n"
        "    workers.submit(sweep_tasks.sleep, 60)\n"
        "    print(*workers.pids, flush=True)\n"
        "    time.sleep(60)\n"
    )
    pipe = subprocess.PIPE
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    assert parent.stdout
    assert parent.stderr
    pids = [int(word) for word in parent.stdout.readline().split()]
    children = [child.pid for child in psutil.Process(parent.pid).children(recursive=True)]
    assert set(pids) <= set(children)
    os.kill(parent.pid, blow)
    parent.wait(10)
    assert until(lambda: all(map(gone, children)))
    assert "resource_tracker" not in parent.stderr.read()
    parent.stdout.close()
    parent.stderr.close()


def test_a_script_that_does_not_guard_its_lines_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from explorer.process.sweeps import local_workers, sweep\n"
        "from explorer.process.steps import finished\n"
        "from tests.helpers import sweep_tasks\n"
        "print('once')\n"
        "with local_workers(2) as local:\n"
        "    print(finished(sweep(local, sweep_tasks.threads, [(), ()])))\n"
    )
    found = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert found.stdout == "once\n[('1', '1', '1'), ('1', '1', '1')]\n", found.stderr
