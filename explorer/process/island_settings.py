"""What SparseML's worker processes are started with: the island's packages, and a folder for what they write."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from explorer.process import island
from explorer.process.engine import EngineSettings
from explorer.process.island import IslandError

FUNCTIONS = "explorer.engine.island_answers"


def sparse_settings() -> EngineSettings:
    """Settings of a process that sees SparseML.

    Raises:
        IslandError: if SparseML is not set up.
    """
    if missing := island.why_missing():
        raise IslandError(missing)
    folder = _folder()
    return EngineSettings(
        functions=FUNCTIONS,
        environment=island.environment(logs=folder / "logs"),
        folder=folder,
        title="SparseML process",
    )


@cache
def _folder() -> Path:
    """SparseML writes logs: into a folder that goes when this process ends, never into the working directory."""
    folder = Path(tempfile.mkdtemp(prefix="sparseml-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
