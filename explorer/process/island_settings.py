"""What SparseML's worker processes are started with: the island's packages, and a folder for what they write."""

from __future__ import annotations

from explorer.process import island
from explorer.process.engine import EngineSettings
from explorer.process.island import IslandError
from explorer.process.scratch import scratch

FUNCTIONS = "explorer.engine.island_answers"


def sparse_settings() -> EngineSettings:
    """Settings of a process that sees SparseML.

    Raises:
        IslandError: if SparseML is not set up.
    """
    if missing := island.why_missing():
        raise IslandError(missing)
    folder = scratch("sparseml")  # SparseML writes logs, never into the working directory
    return EngineSettings(
        functions=FUNCTIONS,
        environment=island.environment(logs=folder / "logs"),
        folder=folder,
        title="SparseML process",
    )
