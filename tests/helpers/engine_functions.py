"""What the engine's tests call across the process boundary; nothing here imports torch."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator

from explorer.values import NetworkSpec, Progress, Weights
from explorer.values.errors import PruningError

__all__ = [
    "add",
    "allocate",
    "chatter",
    "count",
    "crash",
    "die",
    "fail",
    "grandchild",
    "hog",
    "litter",
    "pid",
    "refuse",
    "remember",
    "return_foreign",
    "sleep",
    "spec",
    "stubborn",
    "threads",
]

_memory: list[str] = []


def add(a: int, b: int = 0) -> int:
    return a + b


def pid() -> int:
    return os.getpid()


def spec(name: str) -> NetworkSpec:
    return NetworkSpec(name, Weights.RANDOM, seed=3)


def remember(text: str) -> tuple[str, ...]:
    _memory.append(text)
    return tuple(_memory)


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "slept"


def chatter() -> str:
    print("this goes to the log")
    os.write(1, b"and so does this\n")
    return "said"


def threads() -> tuple[str, ...]:
    return tuple(os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"))


def refuse(ratio: float) -> None:
    raise PruningError(f"Pruning ratio must be a fraction in [0, 1), got {ratio}.").about("ratio")


def fail() -> None:
    raise ValueError("first line\nsecond line")


def return_foreign() -> object:
    return subprocess.CompletedProcess("ls", 0)


def hog() -> int:
    """Ever more blocks of a megabyte."""
    chunks = []
    while True:
        chunks.append(bytes(1 << 20))


def litter() -> int:
    """Many small objects: nothing at all is left to allocate."""
    chunks: list[list[int]] = []
    while True:
        chunks.append([len(chunks)] * 8)


def allocate(gigabytes: int) -> int:
    return len(bytearray(gigabytes << 30))


def crash() -> None:
    ctypes.string_at(0)


def die(code: int) -> None:
    os._exit(code)


def grandchild() -> int:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid


def count(steps: int, seconds: float = 0.0) -> Generator[Progress, None, int]:
    for step in range(steps):
        yield Progress(step / steps, f"step {step}")
        time.sleep(seconds)
    return steps


def stubborn() -> Iterator[Progress]:
    """Does not end on SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield Progress(None, f"pid {os.getpid()}")
    time.sleep(60)


def _hidden() -> str:
    return "not offered"
