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
    "bundle": "explorer.bundles.saving",
    "load_bundle": "explorer.bundles.saving",
    "save_bundle": "explorer.bundles.saving",
    "planner": "explorer.backends.bench",
    "show": "explorer.engine.session",
    "train_sparsely": "explorer.studies.sparse_training",
    "recalibrate": "explorer.measuring.judging",
    "measure_sensitivity": "explorer.studies.sensitivity.sweep",
    "spend_budget": "explorer.studies.sensitivity.solver",
    "check": "explorer.studies.check.check",
}

__all__ = [
    "Metric",
    "bundle",
    "check",
    "dependency_graph",
    "evaluate",
    "export",
    "fine_tune",
    "load",
    "load_bundle",
    "measure_sensitivity",
    "planner",
    "recalibrate",
    "save_bundle",
    "show",
    "spend_budget",
    "train_sparsely",
    "wrap",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
