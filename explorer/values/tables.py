"""Tables that others may add to: libraries, sources and exports of one's own.

A further table is named as ``module:TABLE`` in the environment, where every process of the app finds it: the server
is told at its start, and its engines inherit what it was told.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TypeVar

from explorer.values.errors import UnknownNameError

VARIABLE = "PRUNING_EXPLORER_TABLES"  # "package.module:BACKENDS,package.module:SOURCES"

T = TypeVar("T")


def extended(name: str, own: Mapping[str, T]) -> dict[str, T]:
    """The explorer's entries of one table, and after them those of every further table of that name.

    Raises:
        UnknownNameError: if a table that was named cannot be found.
    """
    found = dict(own)
    for target in filter(None, os.environ.get(VARIABLE, "").split(",")):
        module, _, table = target.strip().partition(":")
        if table == name:
            found |= _entries(module, table)
    return found


def _entries(module: str, table: str) -> Mapping[str, T]:
    try:
        entries: Mapping[str, T] = getattr(import_module(module), table)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError(
            f"The table '{module}:{table}' of {VARIABLE} cannot be read: {error}. Name a module that can be imported "
            "and a table in it."
        ) from error
    return entries
