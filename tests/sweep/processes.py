"""Each network in a process of its own: it may hang, take all memory or die."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import gettempdir

import torch

from tests.helpers.yolo import SILENT
from tests.sweep.verdict import Verdict, judged, stirred

SECONDS = 240.0  # for one network
MEMORY = 12 * 2**30  # bytes of address space
JOBS = 2  # at once


@dataclass(frozen=True)
class _Child:
    name: str
    process: ForkServerProcess
    started: float


def verdicts(names: Iterable[str]) -> Iterator[tuple[str, Verdict]]:
    """What came of each network, as they end."""
    os.environ.update({**SILENT, "OMP_NUM_THREADS": "1", "YOLO_CONFIG_DIR": str(Path(gettempdir()))})
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.sweep.cases"])
    waiting, running = list(names), dict[Connection, _Child]()
    while waiting or running:
        while waiting and len(running) < JOBS:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_judge, args=(waiting[0], theirs))
            process.start()
            theirs.close()
            running[ours] = _Child(waiting.pop(0), process, time.monotonic())
        yield from _ended(running)


def _ended(running: dict[Connection, _Child]) -> Iterator[tuple[str, Verdict]]:
    ready = wait(list(running), timeout=1.0)
    for ours, child in list(running.items()):
        taken = time.monotonic() - child.started
        if ours not in ready and taken < SECONDS:
            continue
        yield child.name, _told(ours, child, taken) if ours in ready else _late(taken)
        child.process.kill()
        child.process.join()
        ours.close()
        del running[ours]


def _told(ours: Connection, child: _Child, taken: float) -> Verdict:
    try:
        found: Verdict = ours.recv()
    except EOFError:
        child.process.join()
        return Verdict("WRONG", told=f"its process ended with {child.process.exitcode}", seconds=taken)
    return found


def _late(taken: float) -> Verdict:
    return Verdict("WRONG", told=f"not done within {SECONDS:.0f} s", seconds=taken)


def _judge(name: str, pipe: Connection) -> None:
    from tests.sweep.cases import CASES

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    torch.manual_seed(0)
    try:
        case = CASES[name]
        pipe.send(judged(stirred(case.make()), case.example))
    except Exception as error:  # what must never reach a caller is what this looks for
        pipe.send(Verdict("WRONG", told=f"{type(error).__name__}: {error}"))
