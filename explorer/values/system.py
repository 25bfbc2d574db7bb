"""Which systems, and which versions of torch, the explorer runs on."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

# From, and below: the range in pyproject.toml, tried at both ends by `make check-versions`
TORCH = ("2.13", "3")


def why_not_here() -> str:
    """One sentence on why the explorer cannot run on this system and what to do; empty where it can."""
    if sys.platform == "win32":
        return (
            "The explorer runs on Linux and macOS, and this is Windows, which cannot limit and end processes as it "
            "needs; install WSL and start it there."
        )
    try:
        found = version("torch")
    except PackageNotFoundError:
        return (
            f"The explorer needs torch, which is not installed here; run `pip install 'torch>={TORCH[0]}'`."
        )
    least, above = map(_number, TORCH)
    if least <= _number(found) < above:
        return ""
    return (
        f"The explorer was tried with torch {TORCH[0]} and newer, below {TORCH[1]}, and this is {found}; run `pip "
        f"install 'torch>={TORCH[0]},<{TORCH[1]}'`."
    )


def _number(text: str) -> tuple[int, int]:
    """The first two numbers of a version, e.g. (2, 13) of "2.13.0+cpu"."""
    major, _, rest = text.partition(".")
    return int(major), int("".join(filter(str.isdigit, rest.partition(".")[0])) or 0)
