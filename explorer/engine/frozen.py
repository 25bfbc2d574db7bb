"""The networks that every server offers, frozen in a file: the sidebar need not wait for the engine to import torch."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from explorer.values import CatalogEntry, own, tables
from explorer.values.plain_json import built, loads

CATALOG = Path(__file__).parent / "assets" / "catalog.json"  # python -m images catalog


def frozen_catalog(torchvision: str | None = None) -> tuple[CatalogEntry, ...]:
    """All of them; empty where only an engine knows, for networks or tables of one's own and for other versions.

    Args:
        torchvision: its version, if not the installed one.
    """
    held = loads(CATALOG.read_text("utf-8"))
    installed = torchvision or version("torchvision")
    if own.networks() or tables.modules() or installed.partition("+")[0] != held["torchvision"]:
        return ()
    found: tuple[CatalogEntry, ...] = built(tuple[CatalogEntry, ...], held["networks"])
    return found
