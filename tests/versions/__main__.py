"""Install the explorer beside the oldest and the newest torch that pyproject.toml names, and run its contract there.

Takes a quarter of an hour and some 7 GB for each, which go again afterwards. SparseML is left out: it has an
environment of its own, and the explorer works without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from explorer.values.system import TORCH
from tests.helpers.paths import ROOT

PAIRS = {"oldest": (f"torch=={TORCH[0]}.0", "torchvision"), "newest": ("torch", "torchvision")}
TESTERS = ("pytest", "pytest-timeout", "playwright")  # the last is imported, and drives nothing here
CONTRACT = (
    "tests/backends/test_contract.py",
    "tests/measuring/test_onnx_export.py",
    "tests/measuring/test_training.py",
    "tests/graph/test_graph.py",
)


def main(wanted: Sequence[str]) -> None:
    """Check the ends that are named, or both; ends with the first that fails."""
    for end in wanted or PAIRS:
        with tempfile.TemporaryDirectory(prefix="versions-") as folder:
            check(end, Path(folder))


def check(end: str, folder: Path) -> None:
    """Run the contract beside one pair of torch and torchvision."""
    print(f"{end}: installing into a fresh environment", flush=True)
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, str(ROOT), *PAIRS[end], *TESTERS], check=True)
    ask = "import platform, torch; print(f'Python {platform.python_version()}, torch {torch.__version__}')"
    subprocess.run([python, "-c", ask], check=True)
    run = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not sparseml", *CONTRACT]
    subprocess.run(run, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
