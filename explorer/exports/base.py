"""What menus know of an export without importing what writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.drawing.folding import AT_FIRST, Folds
from explorer.values import LayerGraph, NetworkSpec, Report
from explorer.values.page import Page


@dataclass(frozen=True)
class Export:
    """One format in which something can be taken away."""

    of: str  # what it writes: "graph", "runs", "project", "comparison", "recipe", "plan", "bundle" or "report"
    label: str  # of its button
    ending: str  # of the file, without the dot
    mime: str
    write: str  # "module:function" from the value to text or bytes, resolved on first use
    help: str = ""


@dataclass(frozen=True)
class Graph:
    """A dependency graph as it is taken away."""

    graph: LayerGraph
    name: str  # of the network
    group: int | None = None  # lit up
    numbers: Mapping[str, float] | None = None  # laid over it, by node id
    folds: Folds | None = AT_FIRST  # what is drawn as one; None: every layer is a box


@dataclass(frozen=True)
class Told:
    """A finished run as a report tells it."""

    network: NetworkSpec
    report: Report
    options: str = ""  # in words
    graph: LayerGraph | None = None  # of the dense network, to be drawn
    again: tuple[str, ...] = ()  # how to come back to it: links, and commands
    environment: Mapping[str, Any] | None = None  # as a bundle tells it; None: what is installed here
    page: Page = field(default_factory=Page)
