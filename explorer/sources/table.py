"""The sources of networks by their names; adding one is a file and an entry here, or in a table of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import cast

from explorer.sources.base import Source
from explorer.values.tables import Table

SOURCES: Table[str] = Table(
    "SOURCES",
    {  # a module each, imported on first use: torchvision takes a second
        "own": "explorer.sources.own",
        "bundled": "explorer.sources.bundled",
        "torchvision": "explorer.sources.vision",
    },
)


def sources() -> Iterator[Source]:
    """Every source, in the order in which their networks are offered."""
    for module in SOURCES.values():
        yield cast(Source, import_module(module))


def source_of(name: str) -> Source | None:
    """The source that a network comes from; None where no source has it."""
    return next((source for source in sources() if source.has(name)), None)
