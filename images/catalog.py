"""Writes ``catalog.json``: the networks that every server offers, for the sidebar before an engine answers."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from explorer import sources
from explorer.engine.frozen import CATALOG
from explorer.values import CatalogEntry
from explorer.values.plain_json import plain


def main() -> None:
    """Write it as these versions of the explorer and of torchvision have it."""
    CATALOG.write_text(f"{json.dumps(held(), indent=1, ensure_ascii=False)}\n", "utf-8")
    print(f"wrote {CATALOG}")


def held() -> dict[str, Any]:
    """The networks, and the version of torchvision that has these."""
    return {
        "torchvision": version("torchvision").partition("+")[0],
        "networks": plain(sources.catalog(), tuple[CatalogEntry, ...]),
    }
