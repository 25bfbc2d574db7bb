"""Folders are layers: nothing points up or in circles, the server reaches no torch, each library has its one home."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.helpers.imports import folder_of, imports, modules
from tests.helpers.paths import ROOT
from tests.helpers.processes import until
from tests.helpers.running import RunningApp

FOLDERS = {  # folder: the folders that it may import
    "values": "",
    "words": "values",
    "drawing": "values words",
    "exports": "values words drawing backends",
    "why": "values words",
    "process": "values",
    "anatomy": "values",
    "measuring": "values process anatomy",
    "sources": "values process anatomy measuring",
    "backends": "values words process anatomy measuring sources",
    "graph": "values anatomy backends",
    "studies": "values words why process anatomy measuring sources backends graph",
    "bundles": "values words exports process anatomy measuring sources backends graph studies",
    "engine": "values process anatomy measuring sources backends graph studies exports bundles",
    "ui": "values words drawing exports process backends engine",
    "pages": "values words backends engine ui",
    "app": "values ui",
    "commands": "values words exports process anatomy sources backends bundles studies",
    "cli": "values commands",
}
SHARED = (
    "ui.shell",
    "ui.parts",
    "ui.pruning",
)  # each may import those before it, a page's folder all of them
SERVED = (  # run without torch
    *("values", "words", "drawing", "exports", "process", "ui"),
    *("engine", "engine.call", "engine.calls", "engine.frozen"),
    *(
        "backends",
        "backends.base",
        "backends.table",
        "backends.fields",
        "backends.kinds",
        "backends.layer_kinds",
    ),
    *(
        "backends.options",
        "backends.codec",
        "backends.contenders",
        "backends.depgraph",
        "backends.depgraph.fields",
    ),
    *("backends.native", "backends.native.fields", "backends.sparseml", "backends.sparseml.fields"),
)
WHOLE = (
    "values",
    "words",
    "drawing",
    "exports",
    "process",
    "ui",
)  # folders of which that holds for every file
TORCH = ("torch", "safetensors.torch", "torchvision", "torch_pruning")
HOMES = {  # library: the one place that imports it
    "torch_pruning": "backends.depgraph.torch_pruning",
    "torchvision": "sources.vision",
    "timm": "sources.own.of_timm",
    "transformers": "sources.own.of_hf",
    "huggingface_hub": "sources.own",
    "onnxruntime": "measuring.onnx_runtime",
    "sklearn": "sources.digits",
    "streamlit": "ui pages app cli",
    "altair": "ui",
    "pyvis": "drawing",
    "distributed": "process.sweeps",
    "sparseml": "backends.sparseml.library",
    "yaml": "backends.sparseml.yaml_text",
}


def faults(module: str, source: str, known: set[str]) -> Iterator[str]:
    """What a module imports and must not."""
    here = module.removeprefix("explorer.")
    folder = folder_of(module)
    for name in imports(source, known):
        there, library = name.removeprefix("explorer."), name.partition(".")[0]
        home = HOMES.get(library, here).split()
        if library in ("explorer", "pages", "app") and there != "explorer":
            above = folder_of(name) not in (folder, *FOLDERS.get(folder, "").split())
            with_torch = is_served(module) and not is_served(name) and folder not in ("pages", "app")
            if above or with_torch or other_room(here, there):
                yield f"{here} imports {there}"
        elif (is_served(module) and within(name, TORCH)) or not within(here, home):
            yield f"{here} imports {name}"


def other_room(here: str, there: str) -> bool:
    """Whether a module of the pages imports a room that is not its own and not one of those below it."""
    mine, theirs = room(here), room(there)
    below = SHARED[: SHARED.index(mine)] if mine in SHARED else SHARED
    return mine[:3] == theirs[:3] == "ui." and theirs not in (mine, *below)


def room(module: str) -> str:
    """The folder of ``ui`` that a module is in: one for each page, and in ``extras`` one for each library."""
    return ".".join(module.split(".")[: 3 if module.startswith("ui.extras.") else 2])


def within(module: str, places: tuple[str, ...] | list[str]) -> bool:
    """Whether a module is one of these places or lies in one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def is_served(module: str) -> bool:
    """Whether the process that serves pages imports it."""
    here = module.removeprefix("explorer.")
    return here in SERVED or within(here, WHOLE)


MODULES = modules()
TYPING = re.compile(r"^if TYPE_CHECKING:\n(    .*\n|\n)+", re.MULTILINE)
RUN = {
    name: TYPING.sub("", source) for name, source in MODULES.items()
}  # what runs, without what is typed only


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_folder_may(module: str) -> None:
    assert list(faults(module, RUN[module], set(MODULES))) == []


def test_neither_files_nor_folders_import_each_other_in_circles() -> None:
    files = {name: set(imports(source, set(MODULES))) & set(MODULES) - {name} for name, source in RUN.items()}
    assert list(TopologicalSorter(files).static_order())
    assert list(TopologicalSorter({name: below.split() for name, below in FOLDERS.items()}).static_order())


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("explorer.values.graph", "import torch", "values.graph imports torch"),
        ("explorer.engine.calls", "import torch.nn as nn", "engine.calls imports torch.nn"),
        ("explorer.ui.parts.charts", "def f():\n    from torch import nn", "ui.parts.charts imports torch"),
        ("explorer.ui.parts.x", "from safetensors.torch import save", "ui.parts.x imports safetensors.torch"),
        (
            "explorer.process.pool",
            "from explorer.anatomy import counting",
            "process.pool imports anatomy.counting",
        ),
        ("explorer.anatomy.x", "from explorer.backends import base", "anatomy.x imports backends.base"),
        ("explorer.ui.shell.state", "import app", "ui.shell.state imports app"),
        ("explorer.ui.parts.x", "from explorer.ui.graph import panel", "ui.parts.x imports ui.graph.panel"),
        ("explorer.ui.shell.x", "from explorer.ui.parts import charts", "ui.shell.x imports ui.parts.charts"),
        ("explorer.ui.graph.x", "import explorer.ui.compare.rows", "ui.graph.x imports ui.compare.rows"),
        (
            "explorer.ui.extras.native.x",
            "from explorer.ui.extras.depgraph import page",
            "ui.extras.native.x imports ui.extras.depgraph.page",
        ),
        ("explorer.anatomy.counting", "import streamlit as st", "anatomy.counting imports streamlit"),
        (
            "explorer.backends.native.x",
            "from torch_pruning import a",
            "backends.native.x imports torch_pruning",
        ),
        (
            "explorer.sources.x",
            "import importlib\nimportlib.import_module('sklearn')",
            "sources.x imports sklearn",
        ),
    ],
)
def test_each_rule_can_fail(module: str, source: str, fault: str) -> None:
    assert list(faults(module, source, set(MODULES))) == [fault]


def test_what_the_server_imports_brings_no_torch() -> None:
    server = sorted(
        name for name in MODULES if is_served(name) and name not in ("app", "") and name[:6] != "pages."
    )
    assert "explorer.engine.calls" in server
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
    assert len(children) == 3  # two answer, one measures beside a slider
    assert until(lambda: all(maps_torch(child.pid) for child in children), seconds=60)


def maps_torch(pid: int) -> bool:
    """Whether a process has torch's library in memory."""
    return "libtorch" in Path(f"/proc/{pid}/maps").read_text()


def test_buttons_act_in_callbacks() -> None:
    """``if st.button(…)`` acts where the button is drawn: a page that is left at once never comes there."""
    drawn_first = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.glob("explorer/ui/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.If)
        and any(isinstance(part, ast.Attribute) and part.attr == "button" for part in ast.walk(node.test))
    ]
    assert drawn_first == []


def test_no_test_imports_another() -> None:
    """What several of them share is in tests/helpers."""
    named = re.compile(r"^ *(?:from|import) .*\btest_\w+", re.MULTILINE)
    paths = ROOT.glob("tests/**/*.py")
    assert {path.name: found for path in paths if (found := named.findall(path.read_text()))} == {}
