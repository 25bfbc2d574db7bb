"""The pruning explorer's notebook API: the same code the app runs, in this process.

Names are resolved on first use, so that importing a part of the package (the
app's pages do) never imports torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Metric": "explorer.anatomy.metric",
    "load": "explorer.sources",
    "wrap": "explorer.anatomy.network",
    "evaluate": "explorer.measuring.judging",
    "export": "explorer.exports",
    "fine_tune": "explorer.measuring.training",
    "dependency_graph": "explorer.graph.build",
    "planner": "explorer.backends.bench",
    "show": "explorer.engine.session",
    "measure_sensitivity": "explorer.studies.sensitivity.sweep",
    "spend_budget": "explorer.studies.sensitivity.solver",
}

__all__ = [
    "Metric",
    "dependency_graph",
    "evaluate",
    "export",
    "fine_tune",
    "load",
    "measure_sensitivity",
    "planner",
    "show",
    "spend_budget",
    "wrap",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
