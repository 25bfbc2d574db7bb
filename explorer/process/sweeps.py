"""Many tasks at once over `concurrent.futures`: worker processes of this machine, or a Dask cluster.

A worker that is lost, killed or out of memory, costs the task it was at another
try, on a worker started in its place. All other results and workers stay.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock, Thread, local
from typing import Any, TypeVar
from unittest.mock import patch

from explorer.process.limits import thread_environment
from explorer.values.errors import CancelledError, EngineError

T = TypeVar("T")

TRIES = 3  # of one task, before a lost worker is taken to be the task's own doing
SCHEDULER_VARIABLE = "EXPLORER_SCHEDULER"
CONNECTING = 10.0  # seconds
WORKER_LEAST = 768 << 20  # bytes; a bundled network's worker was seen to need 448 MB, most of it torch itself


def sweep(
    executor: Executor, function: Callable[..., T], tasks: Sequence[tuple[Any, ...]]
) -> Generator[int, None, list[T]]:
    """Run `function` on the arguments of every task.

    Args:
        executor: any of `concurrent.futures`, such as the two below.
        function: of a module, so that another process can import it.
        tasks: its arguments, one tuple a task.

    Yields:
        How many tasks are done, each time that changes.

    Returns:
        The results in the order of the tasks.

    Raises:
        Exception: what a task raised; the tasks that wait are dropped.
    """
    places = {executor.submit(function, *task): place for place, task in enumerate(tasks)}
    waiting, found = set(places), dict.fromkeys(range(len(tasks)))
    try:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            found |= {places[future]: future.result() for future in done}
            yield len(tasks) - len(waiting)
    finally:
        for future in waiting:
            future.cancel()
    return list(found.values())  # type: ignore[arg-type]


class LocalWorkers(Executor):
    """Worker processes of this machine, one torch thread each.

    Each is a pool of its own: where one pool has several processes, the loss of one breaks all.

    Args:
        count: processes; they start with their first task.
        memory: bytes that all of them may use together; half of what this process may use unless given.
    """

    def __init__(self, count: int, memory: int | None = None) -> None:
        self.count = count
        self.lost = 0  # workers so far
        self.memory = (memory or _budget()) // count  # bytes that each may use
        self._threads = ThreadPoolExecutor(count, "worker")
        self._own = local()
        self._closed = False
        self._pools: list[ProcessPoolExecutor] = []
        self._lock = Lock()
        _track_quietly()

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Queue a call; its future fails with EngineError if worker after worker is lost over it."""
        return self._threads.submit(self._carried_out, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, at once if `cancel_futures`."""
        if cancel_futures:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._kill()  # a task that runs is not worth waiting for
        self._threads.shutdown(wait)
        for pool in self._pools:
            pool.shutdown(wait)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that run."""
        with self._lock:
            return tuple(pid for pool in self._pools for pid in tuple(pool._processes or ()))

    def _carried_out(self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        """In a thread: hand the call to this thread's worker, and to its successors if it is lost."""
        for _ in range(TRIES):
            try:
                return self._pool().submit(function, *args, **kwargs).result()
            except BrokenProcessPool:
                self._drop()
        raise EngineError(
            f"{TRIES} worker processes in a row were lost over one task of the sweep: killed, or out of the "
            f"{self.memory / (1 << 30):.3g} GB that each may use. Pick a smaller network, or close other programs."
        )

    def _pool(self) -> ProcessPoolExecutor:
        """This thread's worker."""
        with self._lock:
            if self._closed:
                raise CancelledError("The sweep was stopped.")
            if not hasattr(self._own, "pool"):
                self._own.pool = ProcessPoolExecutor(
                    1, _Context(), initializer=_settle, initargs=(self.memory,)
                )
                self._pools.append(self._own.pool)
            pool: ProcessPoolExecutor = self._own.pool
        return pool

    def _drop(self) -> None:
        """Forget this thread's worker; the next task starts another."""
        with self._lock:
            self.lost += 1
            self._pools.remove(self._own.pool)
        self._own.pool.shutdown(wait=False)
        del self._own.pool

    def _kill(self) -> None:
        with self._lock:
            self._closed = True
            processes = [process for pool in self._pools for process in (pool._processes or {}).values()]
        for process in processes:
            process.kill()


_STARTING = Lock()
_QUIET = "ignore:resource_tracker:UserWarning"


def _track_quietly() -> None:
    """Start what clears up after workers that are killed: a sweep that is cancelled is no leak to warn of."""
    with _STARTING, patch.object(sys, "warnoptions", [*sys.warnoptions, _QUIET]):
        resource_tracker.ensure_running()


class _Process(SpawnProcess):
    """Starts without the main module of who starts it: a script that does not guard its lines would run again."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        with _STARTING, patch.object(spawn, "get_preparation_data", _without_main):
            return SpawnProcess._Popen(process_obj)


class _Context(SpawnContext):
    """How workers start: spawned, since a fork would take torch's locks along."""

    Process = _Process


_preparation_data = spawn.get_preparation_data


def _without_main(name: str) -> dict[str, Any]:
    found = _preparation_data(name)
    return {key: value for key, value in found.items() if not key.startswith("init_main")}


@contextmanager
def local_workers(count: int | None = None, holding: int = 0) -> Iterator[LocalWorkers]:
    """Worker processes of this machine, one a core if memory lasts unless `count` is given; gone at the end.

    Args:
        holding: bytes that each takes beyond torch and a small network.
    """
    executor = LocalWorkers(count or default_count(holding))
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster, which starts a lost worker's tasks anew by itself.

    Its workers need this package. The scheduler is trusted: what it sends is unpickled.

    Raises:
        EngineError: if no scheduler answers at `address`.
    """
    from distributed import Client  # half a second to import: only who has a cluster pays for it

    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"No Dask scheduler answers at '{address}' within {CONNECTING:g} s. Start one with 'dask scheduler', "
            "correct the address (such as tcp://127.0.0.1:8786), or leave it out to use this machine alone."
        ) from error
    with client:
        yield client.get_executor(pure=False, retries=TRIES - 1)


def scheduler_address() -> str:
    """The Dask scheduler that whoever started the app named in EXPLORER_SCHEDULER; "" for this machine alone.

    No page asks for it: who names a scheduler trusts it with running code here.
    """
    return os.environ.get(SCHEDULER_VARIABLE, "").strip()


@contextmanager
def chosen_workers(
    scheduler: str = "", count: int | None = None, holding: int = 0
) -> Iterator[tuple[Executor, str]]:
    """The cluster at an address, or else processes of this machine, see `local_workers`; and what to call them."""
    if scheduler:
        with cluster(scheduler) as executor:
            yield executor, f"the Dask cluster at {scheduler}"
    else:
        with local_workers(count, holding) as local:
            yield local, f"{local.count} worker process{'' if local.count == 1 else 'es'} on this machine"


def default_count(holding: int = 0) -> int:
    """Workers for this machine: one a core, but never so many that each gets less than WORKER_LEAST and `holding`."""
    return max(1, min(_cores(), _budget() // (WORKER_LEAST + holding)))


def _cores() -> int:
    """Cores that this process may run on; macOS tells only how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _budget() -> int:
    """Bytes for all workers together: the other half stays for the engine and the app."""
    return _allowed() // 2


def _allowed() -> int:
    """Bytes of data this process may use."""
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if limit < 0 else limit


def _settle(memory: int) -> None:
    """First thing in a worker: its bounds, and an end when the process that started it ends."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.environ |= thread_environment(1)  # read by torch, which the first task imports
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker holds both ends of its queue, so it would wait for tasks of a dead parent for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
