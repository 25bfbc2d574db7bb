"""What the tests of sweeps run in worker processes; nothing here imports torch."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from explorer.values.errors import PruningError


def square(number: int) -> int:
    return number * number


def square_and_say_who(number: int, folder: str, seconds: float = 0.0) -> tuple[int, int]:
    """The square and this process; a file for every try."""
    (Path(folder) / f"{number}.{os.getpid()}").touch()
    time.sleep(seconds)
    return number * number, os.getpid()


def die_once(number: int, folder: str) -> int:
    """Kills its own process, unless somebody did so for this number before."""
    marker = Path(folder) / str(number)
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(number: int) -> int:
    if number == 2:
        raise PruningError("Two is refused.")
    return number


def threads() -> tuple[str, ...]:
    return tuple(os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"))


def allocate(count: int) -> int:
    return len(bytearray(count))


def sleep(seconds: float) -> None:
    time.sleep(seconds)
