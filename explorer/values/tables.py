"""Tables that others may add to: libraries, sources and exports of one's own.

A further table is named as ``module:TABLE`` where the server is started (``streamlit run app.py -- --tables
package.module:BACKENDS``); its engines find it in the environment that they inherit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import TypeVar

from explorer.values.errors import UnknownNameError

FLAG = "--tables"
VARIABLE = "PRUNING_EXPLORER_TABLES"  # "package.module:BACKENDS,package.module:SOURCES"

T = TypeVar("T")


class Table(Mapping[str, T]):
    """Entries by their keys: our own, and after them those of every further table of the same name.

    Further tables are read when an entry is first asked for, so that their modules may import ours.
    """

    def __init__(self, name: str, own: Mapping[str, T]) -> None:
        self._name = name
        self._own = own

    def __getitem__(self, key: str) -> T:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @cached_property
    def _entries(self) -> dict[str, T]:
        """All of them; `UnknownNameError` if a table that was named cannot be found."""
        found = dict(self._own)
        for target in _named():
            module, _, table = target.strip().partition(":")
            if table == self._name:
                found |= _read(module, table)
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


def _read(module: str, table: str) -> Mapping[str, T]:
    try:
        entries: Mapping[str, T] = getattr(import_module(module), table)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError(
            f"The table '{module}:{table}' of {VARIABLE} cannot be read: {error}. Name a module that can be imported "
            "and a table in it."
        ) from error
    return entries
