"""The process boundary under every way an engine can die; real processes, no torch."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Thread

import pytest

from explorer.process.engine import EngineProcess, EngineSettings
from explorer.process.frames import LENGTH, Ending, Reply, Request, pack, unpack
from explorer.process.limits import memory_limit
from explorer.process.pool import EnginePool
from explorer.process.turns import WaitingLine, for_seconds
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import EngineError, PruningError
from tests.helpers.paths import ROOT
from tests.helpers.processes import gone, until

pytestmark = pytest.mark.large

SMALL = EngineSettings("tests.helpers.engine_functions", memory=1 << 28)


@pytest.fixture
def pool() -> Iterator[EnginePool]:
    pool = EnginePool(2, SMALL)
    yield pool
    pool.close()


def test_the_second_engine_starts_when_the_first_has_answered(pool: EnginePool) -> None:
    assert len(pool.pids) == 1
    pool.call("add", 1)
    assert len(set(pool.pids)) == 2


def test_a_call_carries_plain_values_both_ways(pool: EnginePool) -> None:
    assert pool.call("add", 2, b=3) == 2 + 3
    assert pool.call("spec", "digits-cnn") == NetworkSpec("digits-cnn", Weights.RANDOM, seed=3)


def test_functions_run_in_another_process_with_one_thread_each(pool: EnginePool) -> None:
    assert pool.call("pid") != os.getpid()
    assert pool.call("threads") == ("1", "1", "1")


def test_what_a_library_prints_does_not_corrupt_the_channel(pool: EnginePool) -> None:
    assert pool.call("chatter", key="a") == "said"
    assert pool.call("add", 1, key="a") == 1


def test_a_generator_is_run_to_its_end(pool: EnginePool) -> None:
    assert pool.call("count", 5) == 5


def test_an_explorer_error_arrives_in_its_own_class_and_words(pool: EnginePool) -> None:
    with pytest.raises(
        PruningError, match=r"^Pruning ratio must be a fraction in \[0, 1\), got 50\.$"
    ) as refused:
        pool.call("refuse", 50)
    assert refused.value.field == "ratio"  # the option that it is about, so that a page tells it there


def test_a_fault_is_one_sentence_and_its_traceback_goes_to_the_log(
    pool: EnginePool, caplog: pytest.LogCaptureFixture
) -> None:
    pool.call("remember", "before", key="a")
    with pytest.raises(EngineError, match=r"^'fail' failed with ValueError: first line\. The server's log"):
        pool.call("fail", key="a")
    assert "second line" in caplog.text
    assert pool.call("remember", "after", key="a") == ("before", "after")


def test_only_public_functions_can_be_called(pool: EnginePool) -> None:
    with pytest.raises(EngineError, match="knows no function '_hidden'; it knows add, "):
        pool.call("_hidden")


def test_what_is_no_plain_value_does_not_come_in(pool: EnginePool) -> None:
    with pytest.raises(EngineError, match=r"subprocess\.CompletedProcess is no plain value"):
        pool.call("return_foreign")


class Disguised:
    """Pickles as whatever function it was made with."""

    def __init__(self, function: Callable[..., object], *args: object) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(
    "attack", [Disguised(os.system, "true"), Disguised(eval, "1"), Disguised(replace, SMALL)]
)
def test_a_pickle_that_would_run_code_is_refused(attack: Disguised) -> None:
    frame = io.BytesIO(pack(Reply(Ending.DONE, attack)))
    with pytest.raises(pickle.UnpicklingError, match="is no plain value"):
        unpack(lambda count: bytearray(frame.read(count)))


@pytest.mark.parametrize("damage", [b"", b"\x80\x05", b"\x80\x05cexplorer.values.network\nNoSuchClass\n."])
def test_a_damaged_frame_is_refused(damage: bytes) -> None:
    frame = io.BytesIO(LENGTH.pack(len(damage)) + damage)
    with pytest.raises(pickle.UnpicklingError, match="damaged"):
        unpack(lambda count: bytearray(frame.read(count)))


def test_a_frame_of_absurd_length_is_refused_before_it_is_read() -> None:
    frame = io.BytesIO(LENGTH.pack(1 << 60))
    with pytest.raises(pickle.UnpicklingError, match=f"{1 << 60} bytes are more than a frame may have"):
        unpack(lambda count: bytearray(frame.read(count)))


def test_an_engine_killed_in_mid_call_says_so_and_is_restarted(pool: EnginePool) -> None:
    pid = pool.call("pid", key="a")
    with ThreadPoolExecutor() as threads:
        call = threads.submit(pool.call, "sleep", 30, key="a")
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(
            EngineError, match=r"killed \(SIGKILL\) while it ran 'sleep'.*restarted; try again"
        ):
            call.result(timeout=5)
    assert pool.call("pid", key="a") not in (pid, os.getpid())


def test_an_engine_killed_between_calls_is_replaced_unnoticed(pool: EnginePool) -> None:
    pid = pool.call("pid", key="a")
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: gone(pid))
    assert pool.call("add", 1, key="a") == 1


@pytest.mark.parametrize(("function", "how"), [("crash", "SIGSEGV"), ("die", "exit code 3")])
def test_a_crash_in_native_code_or_an_exit_is_told(pool: EnginePool, function: str, how: str) -> None:
    with pytest.raises(EngineError, match=rf"was killed \({how}\) while it ran '{function}'"):
        pool.call(function, *([3] if function == "die" else []))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's data")
@pytest.mark.parametrize(("function", "args"), [("hog", ()), ("litter", ()), ("allocate", (1,))])
def test_a_memory_bomb_hits_the_limit_and_the_memory_comes_back(
    pool: EnginePool, function: str, args: tuple[int, ...]
) -> None:
    pid = pool.call("pid", key="a")
    with pytest.raises(
        EngineError, match=rf"'{function}' needed more memory.*\(0\.25 GB\), so it was stopped"
    ):
        pool.call(function, *args, key="a")
    assert gone(pid)
    assert pool.call("add", 1, key="a") == 1


def test_a_hang_ends_at_the_time_limit(pool: EnginePool) -> None:
    pid = pool.call("pid", key="a")
    started = time.monotonic()
    with pytest.raises(
        EngineError, match=r"'sleep' took longer than 0\.3 s, so the engine process was stopped"
    ):
        pool.call("sleep", 30, key="a", timeout=0.3)
    assert time.monotonic() - started < 3
    assert gone(pid)


def test_others_go_on_while_one_engine_hangs_and_dies(pool: EnginePool) -> None:
    bystander = pool.call("pid", key="b")
    with ThreadPoolExecutor() as threads:
        hang = threads.submit(pool.call, "sleep", 30, key="a", timeout=1.5)
        answers = [pool.call("add", number, key="b", timeout=1) for number in range(100)]
        assert not hang.done()
        assert answers == list(range(100))
        with pytest.raises(EngineError, match="took longer"):
            hang.result(timeout=5)
    assert pool.call("pid", key="b") == bystander


def test_callers_in_the_queue_of_a_dying_engine_are_served_by_the_next(pool: EnginePool) -> None:
    first = pool.call("pid", key="a")
    with ThreadPoolExecutor() as threads:
        hang = threads.submit(pool.call, "sleep", 30, key="a", timeout=0.5)
        time.sleep(0.1)
        waiting = [threads.submit(pool.call, "pid", key="a") for _ in range(3)]
        pids = {call.result(timeout=10) for call in waiting}
        with pytest.raises(EngineError, match="took longer"):
            hang.result()
    assert len(pids) == 1
    assert first not in pids


def test_one_key_lives_in_one_engine_and_two_keys_in_two(pool: EnginePool) -> None:
    homes = {key: {pool.call("pid", key=key) for _ in range(5)} for key in ("a", "b")}
    assert homes["a"] | homes["b"] == set(pool.pids)
    assert len(homes["a"]) == len(homes["b"]) == 1


def test_two_keys_work_at_once(pool: EnginePool) -> None:
    pool.call("add", 1, key="a")
    pool.call("add", 1, key="b")
    started = time.monotonic()
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda key: pool.call("sleep", 1, key=key), ["a", "b"]))
    assert time.monotonic() - started < 1 + 0.8


def test_two_threads_on_one_key_take_turns(pool: EnginePool) -> None:
    pool.call("add", 1, key="a")
    started = time.monotonic()
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: pool.call("sleep", 0.3, key="a"), range(2)))
    assert time.monotonic() - started >= 2 * 0.3


def test_an_engine_that_works_for_others_too_long_says_so() -> None:
    pool = EnginePool(1, SMALL, patience=0.2)
    pool.call("add", 1)
    try:
        with ThreadPoolExecutor() as threads:
            busy = threads.submit(pool.call, "sleep", 1.5)
            time.sleep(0.2)
            with pytest.raises(
                EngineError, match=r"busy with other work for 0\.2 s, so 'add' was not started"
            ):
                pool.call("add", 1)
            assert busy.result(timeout=5) == "slept"
    finally:
        pool.close()


def test_turns_are_first_come_first_served() -> None:
    turns, order = WaitingLine(), list[int]()
    assert turns.take(for_seconds(1))

    def enter(number: int) -> None:
        turns.take(for_seconds(5))
        order.append(number)
        turns.give_back()

    def queued(wanted: int) -> bool:
        return turns.load == wanted

    threads = [Thread(target=enter, args=(number,)) for number in range(5)]
    for before, thread in enumerate(threads):
        thread.start()
        assert until(partial(queued, before + 2))
    turns.give_back()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert turns.load == 0


def test_a_thousand_small_calls_cost_less_than_a_millisecond_each(pool: EnginePool) -> None:
    def seconds(calls: int) -> float:
        started = time.perf_counter()
        total = sum(pool.call("add", number, key="a") for number in range(calls))
        assert total == calls * (calls - 1) // 2
        return time.perf_counter() - started

    pool.call("add", 1, key="a")
    assert min(seconds(250) for _ in range(4)) < 250 * 0.001  # the best of four: the machine has other work


def test_an_interrupted_caller_does_not_leave_its_answer_to_the_next() -> None:
    process = EngineProcess(SMALL)

    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.call(Request("sleep", (1,)), 5, wanted=interrupt)
    assert not process.alive


def test_functions_that_cannot_be_imported_are_told() -> None:
    pool = EnginePool(1, EngineSettings("tests.no_such_module", memory=1 << 28))
    try:
        with pytest.raises(
            EngineError, match=r"ModuleNotFoundError: No module named 'tests\.no_such_module'"
        ):
            pool.call("add", 1)
    finally:
        pool.close()


def test_a_process_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = EnginePool(1, SMALL)
    pool.close()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(EngineError, match="could not be started: No such file or directory"):
        pool.call("add", 1)


SERVER = """
import sys
from threading import Thread
from explorer.process.pool import EnginePool
from explorer.process.engine import EngineSettings
pool = EnginePool(2, EngineSettings("tests.helpers.engine_functions", memory=1 << 28))
for key in "ab":
    pool.call("add", 1, key=key)
Thread(target=pool.call, args=("sleep", 60), kwargs={"key": "a"}, daemon=True).start()
print(*pool.pids, flush=True)
sys.stdin.read()
"""


def test_engines_end_with_the_server_in_mid_call_too() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pids = [int(word) for word in server.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(gone(pid) for pid in pids)
        server.kill()
    assert until(lambda: all(gone(pid) for pid in pids), seconds=3)


def test_what_an_engine_started_ends_with_it(pool: EnginePool) -> None:
    child = pool.call("grandchild", key="a")
    assert not gone(child)
    with pytest.raises(EngineError, match="took longer"):
        pool.call("sleep", 30, key="a", timeout=0.2)
    assert until(lambda: gone(child))


def test_the_memory_limit_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPLORER_ENGINE_MEMORY_GB", raising=False)
    assert memory_limit() == 6 << 30
    monkeypatch.setenv("EXPLORER_ENGINE_MEMORY_GB", "2.5")
    assert memory_limit() == 5 << 29


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf", ""])
def test_a_memory_limit_that_is_no_size_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_ENGINE_MEMORY_GB", text)
    with pytest.raises(EngineError, match=rf"must be a number of gigabytes above 0, got '{text}'"):
        memory_limit()
