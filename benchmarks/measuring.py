"""What the benchmarks share: the machine's name, medians and memory."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from explorer.measuring.timing import once

NETWORKS = (
    "digits-resnet",
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "densenet121",
    "vgg16_bn",
    "convnext_tiny",
    "vit_b_16",
)
WARM_UP = "digits-cnn"  # measured first, so that what is loaded once for all is loaded
_PROC = Path("/proc")


def title(what: str, *columns: str) -> None:
    """Print what is measured, on which machine, and the head of the table."""
    print(f"\n{what}\n{machine()}\n")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def machine() -> str:
    """Processor, cores and versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, Python {platform.python_version()}, torch {torch.__version__}"


def _processor() -> str:
    info = _PROC / "cpuinfo"
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def in_own_process(row: Callable[[str], str], name: str) -> str:
    """One row of a table, on one thread of a process that held nothing before: its memory is that row's alone."""
    with ProcessPoolExecutor(1, get_context("spawn"), torch.set_num_threads, (1,)) as process:
        process.submit(row, WARM_UP).result()
        return process.submit(row, name).result()


def median(run: Callable[[], object], times: int) -> float:
    """Seconds."""
    return statistics.median(once(run) for _ in range(times))


def percentile(taken: Sequence[float], share: float) -> float:
    """The value that `share` of those taken do not exceed."""
    ordered = sorted(taken)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


class Memory:
    """How far this process grew since: what stays, and the highest in between; Linux only, else None."""

    def __init__(self) -> None:
        self._before = resident_bytes()
        if self._before is not None:
            (_PROC / "self/clear_refs").write_text("5")  # forgets the highest so far

    def grown(self) -> float | None:
        """MB (10^6 bytes) more than before."""
        return self._more(resident_bytes())

    def peak(self) -> float | None:
        """MB (10^6 bytes) more than before, at the highest."""
        return self._more(_status("VmHWM"))

    def _more(self, now: int | None) -> float | None:
        return None if now is None or self._before is None else (now - self._before) / 1e6


def resident_bytes() -> int | None:
    """Memory that this process holds."""
    return _status("VmRSS")


def _status(field: str) -> int | None:
    status = _PROC / "self/status"
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), None)


def megabytes(number: float | None) -> str:
    """For a table; nothing where nothing was measured."""
    return "" if number is None else f"{max(number, 0):.0f}"
