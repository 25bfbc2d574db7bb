"""Write folders by the one command, install what each needs into an empty environment, and run its files there.

Takes some minutes and some GB: each library has an environment of its own, which goes again afterwards.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.process import island
from tests.helpers.own import SMALL
from tests.helpers.paths import ROOT

BASE = ("torch", "safetensors", "numpy")
HERE = os.environ | {"PYTHONPATH": str(ROOT)}
# What SparseML imports and its lock file takes from the app.
SPARSE = ("matplotlib", "scikit-learn", "scipy", "requests", "packaging", "click", "psutil")
INSIDE = Path(__file__).with_name("inside.py")
ONNX = """
import onnxruntime, numpy
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
[taken] = session.get_inputs()
for batch in (1, 5):
    shape = [batch, *taken.shape[1:]]
    assert len(session.run(None, {taken.name: numpy.zeros(shape, "float32")})[0]) == batch
"""
FETCHES = re.compile(r"<script|<link|<img|url\(|@import")  # what a page that opens offline does without
DIGITS, PICTURE = "1,1,8,8", "1,3,224,224"


@dataclass(frozen=True)
class Folder:
    """One network to take away."""

    flags: str
    shape: str  # of an input


@dataclass(frozen=True)
class Case:
    """One library with what its scripts need."""

    backend: str
    folders: tuple[Folder, ...]
    packages: tuple[str, ...] = ()
    lock: Path | None = None  # what else is installed, without resolving


OWN = Folder("--model ./net.py:build --input 1,3,9,9 --ratio 0.5", "1,3,9,9")
CASES = (
    Case("native", (Folder("--model digits-resnet --ratio 0.5", DIGITS), OWN)),
    Case(
        "depgraph",
        (
            Folder("--model digits-vit --ratio 0.5 --round-to 8", DIGITS),
            Folder("--model mobilenet_v2 --macs 50% --round-to 8 --keep features.0.0", PICTURE),
            Folder("--model timm:resnet10t --weights random --ratio 0.5", "1,3,176,176"),
            OWN,
        ),
        ("torch-pruning", "torchvision", "timm"),
    ),
    Case(
        "sparseml",
        (Folder("--model digits-cnn --ratio 0.5", DIGITS),),
        SPARSE,
        island.LOCK,
    ),
)


def main(wanted: Sequence[str]) -> None:
    """Check the libraries that are named, or all."""
    for case in CASES:
        if not wanted or case.backend in wanted:
            with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
                check(case, Path(folder))


def check(case: Case, place: Path) -> None:
    """Run all folders of one library in one fresh environment."""
    python = installed(case, place / "environment")
    (place / "net.py").write_text(SMALL)
    for number, folder in enumerate(case.folders):
        taken = place / f"{number}.pruned"
        flags = ["--backend", case.backend, *folder.flags.split(), "--out", str(taken)]
        # Status 0: no file failed its own check.
        subprocess.run([sys.executable, "-m", "explorer", "prune", *flags], cwd=place, env=HERE, check=True)
        subprocess.run([str(python), "-I", str(INSIDE), folder.shape], cwd=taken, check=True)
        subprocess.run([sys.executable, "-I", "-c", ONNX], cwd=taken, check=True)
        assert not FETCHES.search(taken.joinpath("report.html").read_text("utf-8")), folder.flags
        print(f"{case.backend}, {folder.flags}: every file makes the same network", flush=True)


def installed(case: Case, environment: Path) -> Path:
    """A fresh environment's Python."""
    print(f"{case.backend}: installing into a fresh environment", flush=True)
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *(pinned(name) for name in (*BASE, *case.packages))], check=True)
    if case.lock:
        subprocess.run([*pip, "--no-deps", "--requirement", str(case.lock)], check=True)
    return python


def pinned(package: str) -> str:
    """The version that everything else is checked on; whichever there is for what has no pin."""
    lines = ROOT.joinpath("requirements.txt").read_text("utf-8").splitlines()
    pins = {line.partition("==")[0]: line.partition("#")[0].strip() for line in lines}
    return pins.get(package, package)


if __name__ == "__main__":
    main(sys.argv[1:])
