"""How much memory and how many threads an engine may use."""

from __future__ import annotations

import errno
import os
import resource
import sys

from explorer.values.errors import EngineError

GIB = 1 << 30
MEMORY_VARIABLE = "EXPLORER_ENGINE_MEMORY_GB"
DEFAULT_MEMORY_GB = 6.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ALLOCATOR_SAYS = ("can't allocate memory", "not enough memory", "std::bad_alloc", "can't start new thread")


def memory_limit() -> int:
    """Bytes one engine may use: EXPLORER_ENGINE_MEMORY_GB, or 6 GiB.

    Raises:
        EngineError: if the variable holds no positive number.
    """
    text = os.environ.get(MEMORY_VARIABLE, str(DEFAULT_MEMORY_GB))
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = 0.0
    if not 0 < gigabytes < float("inf"):
        raise EngineError(
            f"{MEMORY_VARIABLE} must be a number of gigabytes above 0, got '{text}'. "
            f"Correct it or leave it unset for {DEFAULT_MEMORY_GB:g}."
        )
    return int(gigabytes * GIB)


def thread_environment(threads: int) -> dict[str, str]:
    """Variables that torch and BLAS read when they load: engines side by side share the cores."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def restrict_memory(limit: int) -> None:
    """Bound this process to `limit` bytes of data; only Linux counts them so."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether `error`, or one that it came from, says that memory ran out."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        if isinstance(error, RuntimeError) and any(words in str(error) for words in ALLOCATOR_SAYS):
            return True
        error = error.__cause__ or error.__context__
    return False
