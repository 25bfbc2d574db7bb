"""Nothing points up, nothing on the server's side reaches torch, and each library has its one file."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.running import RunningApp

ROOT = Path(__file__).resolve().parents[1]

VALUES = "values"
SERVER = (VALUES, "process", "drawing", "engine", "service", "ui", "pages")  # the process that serves pages
ENGINE = (
    VALUES,
    "process",
    "core",
    "libraries",
    "graph",
    "backends",
    "applying",
    "functions",
)  # the process with torch

LAYERS = {  # the longest prefix decides; what is not named belongs to the core
    "explorer": "core",
    "explorer.schema": VALUES,
    "explorer.errors": VALUES,
    "explorer.glossary": VALUES,
    "explorer.island": "process",  # starting SparseML's process: the app does it, and so does a notebook's planner
    "explorer.engine.channel": "process",
    "explorer.engine.frames": "process",
    "explorer.engine.limits": "process",
    "explorer.engine.process": "process",
    "explorer.engine.sparse": "process",
    "explorer.engine.sparse_functions": "functions",
    "explorer.published": VALUES,
    "explorer.features": VALUES,
    "explorer.binning": VALUES,
    "explorer.drawing": "drawing",
    "explorer.engine": "engine",
    "explorer.engine.functions": "functions",
    "explorer.engine.kept": "functions",
    "explorer.service": "service",
    "explorer.ui": "ui",
    "app": "pages",
    "pages": "pages",
    "explorer.backends": "backends",
    "explorer.libraries": "libraries",
    "explorer.graph": "graph",
    "explorer.graph.structure": "core",
    "explorer.graph.scopes": "core",
    "explorer.summary": "graph",
    "explorer.applying": "applying",
    "explorer.profiling": "applying",
    "explorer.sensitivity": "applying",
    "explorer.solver": "applying",
    "explorer.layer_latency": "applying",
    "explorer.comparing": "applying",
}

ONLY_IN = {  # library: modules that may import it, by prefix
    "torch_pruning": ("explorer.libraries.torch_pruning",),
    "torchvision": ("explorer.zoo.vision",),
    "onnxruntime": ("explorer.libraries.onnx_runtime",),
    "sklearn": ("explorer.data",),
    "streamlit": ("explorer.ui", "pages", "app"),
    "altair": ("explorer.ui",),
    "pyvis": ("explorer.drawing",),
    "distributed": ("explorer.sweeps",),
    "sparseml": ("explorer.libraries.sparseml_worker",),
    "yaml": ("explorer.libraries.sparseml_yaml",),
}


def layer_of(module: str) -> str:
    """The layer a module belongs to."""
    prefixes = [prefix for prefix in LAYERS if module == prefix or module.startswith(f"{prefix}.")]
    return LAYERS[max(prefixes, key=len)]


def imports(source: str, known: set[str]) -> Iterator[str]:
    """Every module that a source imports, however deep in its functions, and also by name as a string."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide where they point"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (str(word.value) for word in node.args if isinstance(word, ast.Constant))


def faults(module: str, source: str, known: set[str]) -> Iterator[str]:
    """What a module imports and must not."""
    layer = layer_of(module)
    reach = {name for stack in (SERVER, ENGINE) if layer in stack for name in stack[: stack.index(layer) + 1]}
    for name in imports(source, known):
        library = name.partition(".")[0]
        if library in ("explorer", "pages", "app") and name != "explorer" and layer_of(name) not in reach:
            yield f"{module} ({layer}) imports {name} ({layer_of(name)})"
        is_torch = name == "torch" or name.startswith(("torch.", "safetensors.torch"))
        if is_torch and layer in SERVER:
            yield f"{module} ({layer}) imports {name}"
        homes = ONLY_IN.get(library, (module,))
        if not any(module == home or module.startswith(f"{home}.") for home in homes):
            yield f"{module} imports {name}, which belongs to {' or '.join(ONLY_IN[library]) or 'no file'}"


def modules() -> dict[str, str]:
    """Source of every module of the app, by dotted name."""
    paths = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("explorer/**/*.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return {name.removesuffix(".__init__"): path.read_text() for name, path in zip(names, paths, strict=True)}


MODULES = modules()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_layer_may(module: str) -> None:
    assert list(faults(module, MODULES[module], set(MODULES))) == []


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("explorer.schema", "import torch", "explorer.schema (values) imports torch"),
        ("explorer.service", "import torch.nn as nn", "explorer.service (service) imports torch.nn"),
        ("explorer.ui.charts", "def f():\n    from torch import nn", "explorer.ui.charts (ui) imports torch"),
        (
            "explorer.ui.charts",
            "from safetensors.torch import save",
            "explorer.ui.charts (ui) imports safetensors.torch",
        ),
        (
            "explorer.service",
            "from explorer import counting",
            "explorer.service (service) imports explorer.counting (core)",
        ),
        (
            "explorer.engine.pool",
            "from explorer.engine import functions",
            "explorer.engine.pool (engine) imports explorer.engine.functions (functions)",
        ),
        (
            "explorer.counting",
            "from explorer.backends.depgraph.planner import DepGraphPlanner",
            "explorer.counting (core) imports explorer.backends.depgraph.planner (backends)",
        ),
        (
            "explorer.engine.functions",
            "from explorer.service import plan",
            "explorer.engine.functions (functions) imports explorer.service (service)",
        ),
        ("explorer.ui.state", "import app", "explorer.ui.state (ui) imports app (pages)"),
        (
            "explorer.counting",
            "import streamlit as st",
            "explorer.counting imports streamlit, which belongs to explorer.ui or pages or app",
        ),
        (
            "explorer.backends.depgraph.planner",
            "from torch_pruning.pruner import function",
            "explorer.backends.depgraph.planner imports torch_pruning.pruner, which belongs to "
            "explorer.libraries.torch_pruning",
        ),
        (
            "explorer.libraries.torch_pruning_too",
            "import torch_pruning",
            "explorer.libraries.torch_pruning_too imports torch_pruning, which belongs to "
            "explorer.libraries.torch_pruning",
        ),
        (
            "explorer.zoo.bundled",
            "import importlib\nimportlib.import_module('torchvision')",
            "explorer.zoo.bundled imports torchvision, which belongs to explorer.zoo.vision",
        ),
        (
            "explorer.counting",
            "import sparseml",
            "explorer.counting imports sparseml, which belongs to explorer.libraries.sparseml_worker",
        ),
    ],
)
def test_each_rule_can_fail(module: str, source: str, fault: str) -> None:
    assert list(faults(module, source, set(MODULES))) == [fault]


def test_every_named_layer_is_in_a_process() -> None:
    assert set(LAYERS.values()) == set(SERVER) | set(ENGINE)


def test_what_the_server_imports_brings_no_torch() -> None:
    server = sorted(name for name in MODULES if layer_of(name) in SERVER and layer_of(name) != "pages")
    assert "explorer.service" in server
    script = (
        "import importlib, sys\n"
        f"for name in {server}: importlib.import_module(name)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    loaded = set(ast.literal_eval(run.stdout))
    assert "streamlit" in loaded
    assert loaded.isdisjoint({"torch", "torchvision", "torch_pruning", "sklearn"})


@pytest.mark.browser
@pytest.mark.skipif(sys.platform != "linux", reason="reads which libraries a process has mapped from /proc")
def test_the_running_server_has_no_torch_and_its_engines_do(fresh_app: RunningApp, page: Page) -> None:
    for path in sorted(ROOT.glob("pages/*.py")):
        page.goto(f"{fresh_app.url}/{path.stem}?network=digits-cnn")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
        expect(page.get_by_test_id("stStatusWidget")).to_be_hidden(timeout=60_000)  # the page is complete
    assert not maps_torch(fresh_app.pid)
    children = psutil.Process(fresh_app.pid).children()
    assert [maps_torch(child.pid) for child in children] == [True, True]


def maps_torch(pid: int) -> bool:
    """Whether a process has torch's library in memory."""
    return "libtorch" in Path(f"/proc/{pid}/maps").read_text()
