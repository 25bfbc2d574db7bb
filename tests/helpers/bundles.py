"""What tests of bundles share: bundles whose scripts nobody has run yet, and one process that runs all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from torch import nn

from explorer.backends.base import Planner
from explorer.bundles.checking import Elsewhere
from explorer.bundles.saving import bundle
from explorer.measuring.exporters import ExportedFile
from explorer.values import Plan
from explorer.values.bundle import Bundle

# Runs each folder's scripts, and saves what they make of it and how both networks answer the example beside it.
RUNNER = """
import json, pathlib, runpy, sys
sys.path[:0] = json.loads(sys.argv[1])
import torch
from safetensors.torch import load_file, load_model, save_file
assert "explorer" not in sys.modules

def own(text, folder):
    held = {}
    exec(text, held)
    load_model(held["net"], f"{folder}/dense.safetensors")
    return held["net"].eval()

for folder in sys.argv[2:]:
    example = load_file(f"{folder}.example")["example"]
    code = pathlib.Path(f"{folder}.code")
    if code.exists():  # a network of one's own, which is handed over
        made = runpy.run_path(f"{folder}/prune.py")
        made["net"] = made["pruned"](own(code.read_text(), folder)).eval()
        save_file({name: one.detach().clone() for name, one in made["net"].state_dict().items()},
                  f"{folder}/pruned.safetensors")
        loaded = runpy.run_path(f"{folder}/load.py")["load"](own(code.read_text(), folder))
    else:
        made = runpy.run_path(f"{folder}/prune.py", run_name="__main__")
        loaded = runpy.run_path(f"{folder}/load.py")["load"]()
    with torch.no_grad():
        save_file({"pruned": made["net"](example), "loaded": loaded(example)}, f"{folder}.answers")
try:
    import explorer
    raise SystemExit("the explorer can be imported here")
except ImportError:
    pass
"""


def unchecked(planner: Planner[Any], plan: Plan, module: nn.Module) -> Bundle:
    """A bundle as ever, but for its own check of the scripts, which the caller makes."""
    with nothing_checked():
        return bundle(planner, plan, module)


@contextmanager
def nothing_checked() -> Iterator[None]:
    """What takes seconds is left out: scripts in processes of their own, ONNX, and measuring.

    Replace more of it within by `patch` alone: `monkeypatch` would put these stand-ins back when the test is over.
    """
    with (
        patch.object(Elsewhere, "pruned", return_value={}),
        patch.object(Elsewhere, "loaded", return_value={}),
        patch("explorer.bundles.making.apart", return_value=""),
        patch("explorer.bundles.making.exported", return_value=ExportedFile(b"onnx")),
        patch("explorer.bundles.making.exported_program", return_value=ExportedFile(b"program")),
        patch("explorer.bundles.making.reported", return_value=b"measured"),
    ):
        yield


def run_elsewhere(folders: Sequence[Path], where: Path, packages: Sequence[str] = ()) -> None:
    """Run the scripts of all folders in one isolated process, from another folder."""
    command = [sys.executable, "-I", "-c", RUNNER, json.dumps(list(packages)), *map(str, folders)]
    run = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=150, check=False)
    assert run.returncode == 0, run.stderr
