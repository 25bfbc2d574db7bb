"""Tables that others may add to: libraries, sources and exports of one's own.

A further table is named as ``module:TABLE`` where the server is started (``streamlit run app.py -- --tables
package.module:BACKENDS``); its engines find it in the environment that they inherit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TypeVar

from explorer.values.errors import UnknownNameError

FLAG = "--tables"
VARIABLE = "PRUNING_EXPLORER_TABLES"  # "package.module:BACKENDS,package.module:SOURCES"

T = TypeVar("T")


def extended(name: str, own: Mapping[str, T]) -> dict[str, T]:
    """The explorer's entries of one table, and after them those of every further table of that name.

    Raises:
        UnknownNameError: if a table that was named cannot be found.
    """
    found = dict(own)
    for target in _named():
        module, _, table = target.strip().partition(":")
        if table == name:
            found |= _entries(module, table)
    return found


def modules() -> set[str]:
    """Modules of all further tables: the options of a library of one's own are defined there."""
    return {target.strip().partition(":")[0] for target in _named()}


def _named() -> list[str]:
    """Tables that this process was told of: by its arguments, and by the process that started it."""
    inherited = os.environ.get(VARIABLE, "").split(",")
    given = [value for flag, value in zip(sys.argv, sys.argv[1:], strict=False) if flag == FLAG]
    named = list(dict.fromkeys(filter(None, [*inherited, *",".join(given).split(",")])))
    if named:
        os.environ[VARIABLE] = ",".join(named)
    return named


def _entries(module: str, table: str) -> Mapping[str, T]:
    try:
        entries: Mapping[str, T] = getattr(import_module(module), table)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError(
            f"The table '{module}:{table}' of {VARIABLE} cannot be read: {error}. Name a module that can be imported "
            "and a table in it."
        ) from error
    return entries
