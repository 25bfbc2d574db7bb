"""Install what a folder says it needs into an empty environment, run its scripts there, and compare.

Takes some minutes and some GB: each library has an environment of its own, which goes again afterwards.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

import explorer
from explorer.bundles.rebuild import tensors
from explorer.process import island
from tests.helpers.paths import ROOT

BASE = ("torch", "safetensors", "numpy")
SPARSE = (
    "matplotlib",
    "scikit-learn",
    "scipy",
    "requests",
    "packaging",
)  # that its lock file takes from the app
RUN = """
import runpy, sys
runpy.run_path("prune.py", run_name="__main__")
net = runpy.run_path("load.py")["load"]()
try:
    import explorer
except ImportError:
    sys.exit()
sys.exit("the explorer is here")
"""
ONNX = """
import onnxruntime, numpy
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
[taken] = session.get_inputs()
for batch in (1, 5):
    shape = [batch, *taken.shape[1:]]
    assert len(session.run(None, {taken.name: numpy.zeros(shape, "float32")})[0]) == batch
"""


@dataclass(frozen=True)
class Case:
    """One library with what its scripts need."""

    backend: str
    networks: tuple[str, ...]
    packages: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    lock: Path | None = None  # what else is installed, without resolving


CASES = (
    Case("native", ("digits-resnet", "digits-vit")),
    Case("depgraph", ("digits-vit", "mobilenet_v2"), ("torch-pruning", "torchvision"), {"round_to": 8}),
    Case(
        "sparseml",
        ("digits-cnn",),
        ("matplotlib", "scikit-learn", "scipy", "requests", "packaging"),
        {},
        island.LOCK,
    ),
)


def main(wanted: Sequence[str]) -> None:
    """Check the libraries that are named, or all."""
    for case in CASES:
        if not wanted or case.backend in wanted:
            with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
                check(case, Path(folder))


def check(case: Case, folder: Path) -> None:
    """Run all folders of one library in one fresh environment."""
    python = installed(case, folder / "environment")
    for name in case.networks:
        planner = explorer.planner(explorer.load(name), case.backend, **(case.options or {}))
        plan = planner.plan(0.5)
        taken = explorer.save_bundle(planner, plan, folder / f"{name}.pruned")
        subprocess.run([str(python), "-I", "-c", RUN], cwd=taken, check=True)
        found, expected = load_file(taken / "pruned.safetensors"), tensors(planner.sketch(plan))
        apart = [name for name, tensor in expected.items() if not torch.equal(found[name], tensor)]
        assert apart == [], f"{name}: {apart[0]} differs"
        subprocess.run([sys.executable, "-I", "-c", ONNX], cwd=taken, check=True)
        print(f"{case.backend}, {name}: the same network", flush=True)


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
