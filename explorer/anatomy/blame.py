"""Whose fault an error is: what a person's own code raised, with their file and line, in a sentence."""

from __future__ import annotations

import os
import site
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.values import places
from explorer.values.errors import ExplorerError, NetworkError, class_and_cause

_OTHERS = tuple(
    os.path.join(folder, "")
    for folder in (
        *site.getsitepackages(),
        site.getusersitepackages(),
        sysconfig.get_path("stdlib"),
        str(places.CODE / "explorer"),
    )
)


_IN_A_WORKER = "Original Traceback (most recent call last):"  # of a DataLoader, in what its error says


@contextmanager
def blaming(doing: str, remedy: str) -> Iterator[None]:
    """Tell what is raised inside as one sentence: the error's own words, and the line of the person's code.

    Args:
        doing: what failed, as the subject of the sentence.
        remedy: what to do.

    Raises:
        NetworkError: for all that code can raise, an exit included; what the explorer itself refuses stays.
    """
    try:
        yield
    except ExplorerError:
        raise
    except (Exception, SystemExit) as error:
        raise NetworkError(f"{doing} failed with {told(error)}. {remedy}") from error


@contextmanager
def placing() -> Iterator[None]:
    """Add to a sentence of ours where the person's own code raised what it is about."""
    try:
        yield
    except NetworkError as error:
        where = place(error.__cause__) if error.__cause__ else ""
        if not where or where in str(error):
            raise
        raise NetworkError(f"{error} It was raised in {where}.") from error


def told(error: BaseException) -> str:
    """An error's class and first line, with the last line of the person's own code on its way."""
    lines = str(error).strip().splitlines()
    said = lines[-1] if _IN_A_WORKER in lines else class_and_cause(error)
    where = place(error)
    return f"{said} ({where})" if where and where not in said else said


def place(error: BaseException) -> str:
    """File and line of the last code on an error's way that is neither Python's, a package's nor ours; or ""."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if _is_theirs(frame.filename)]
    return f"{Path(theirs[-1].filename).name}, line {theirs[-1].lineno}" if theirs else ""


def _is_theirs(file: str) -> bool:
    return not file.startswith((*_OTHERS, "<frozen"))
