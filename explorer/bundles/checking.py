"""Run the scripts of a bundle where the explorer is not, and hold what they make against the pruned network."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from explorer.anatomy.copies import copied
from explorer.anatomy.inputs import Example, answer
from explorer.anatomy.rebuild import rebuild, tensors
from explorer.bundles.dense import Dense
from explorer.values.errors import ExportError

SAME = 1e-6  # relative to the largest value
SECONDS = 900.0

# Runs with -I: neither the working directory nor any variable lets it see the explorer.
RUNNER = """
import json, runpy, sys
sys.path[:0] = json.loads(sys.argv[3])
made = runpy.run_path(sys.argv[1], run_name=sys.argv[2])
"""
LOADER = (
    RUNNER
    + """
from safetensors.torch import save_file
held = made["load"]().state_dict()
save_file({name: tensor.clone().contiguous() for name, tensor in held.items()}, sys.argv[4])
"""
)


@dataclass(frozen=True)
class Elsewhere:
    """Runs scripts in processes of their own."""

    packages: tuple[str, ...] = ()  # folders that the scripts see beside what is installed
    seconds: float = SECONDS

    def pruned(self, files: Mapping[str, bytes]) -> dict[str, Tensor]:
        """What `prune.py` writes.

        Raises:
            ExportError: with its last words, where it fails.
        """
        with _folder(files) as folder:
            self._run(RUNNER, Path(folder) / "prune.py", "__main__")
            return _read(Path(folder) / "pruned.safetensors")

    def loaded(self, files: Mapping[str, bytes]) -> dict[str, Tensor]:
        """The weights of what `load()` of `load.py` returns."""
        with _folder(files) as folder:
            self._run(LOADER, Path(folder) / "load.py", "load", str(Path(folder) / "loaded.safetensors"))
            return _read(Path(folder) / "loaded.safetensors")

    def _run(self, runner: str, script: Path, name: str, *more: str) -> None:
        command = [sys.executable, "-I", "-c", runner, str(script), name, json.dumps(self.packages), *more]
        try:
            run = subprocess.run(
                command, cwd=script.parent, capture_output=True, text=True, timeout=self.seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"{script.name} took longer than {self.seconds:g} s.") from error
        if run.returncode:
            said = [line for line in run.stderr.splitlines() if line.strip()] or ["it broke off"]
            raise ExportError(f"{script.name} failed: {said[-1].strip()}")


def apart(found: Mapping[str, Tensor], pruned: nn.Module, what: str) -> str:
    """How tensors differ from those of the pruned network, in a sentence; "" where they do not."""
    for name, ours in tensors(pruned).items():
        theirs = found.get(name)
        if theirs is None or ours.shape != theirs.shape:
            shape = "none" if theirs is None else tuple(theirs.shape)
            return f"{what} makes '{name}' of shape {shape}, and the pruned network has {tuple(ours.shape)}."
        if not same(ours, theirs):
            return f"{what} gives '{name}' other values than the pruned network has."
    return ""


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are equal to 1e-6 of the largest value."""
    if not one.is_floating_point():
        return torch.equal(one, other)
    scale = float(one.abs().max()) if one.numel() else 0.0
    return bool(((one - other).abs() <= SAME * max(scale, 1.0)).all())


def rebuilt_apart(files: Mapping[str, bytes], dense: Dense, pruned: nn.Module) -> str:
    """How the rebuilt network answers otherwise than the pruned one, in a sentence; "" where it does not."""
    with _folder(files) as folder:
        try:
            again = rebuild(copied(dense.base), Path(folder))
        except ValueError as error:
            return str(error)
    return (
        ""
        if answers_same(again, pruned, dense.net.example_input)
        else "The rebuilt network answers otherwise."
    )


def answers_same(one: nn.Module, other: nn.Module, example: Example) -> bool:
    """Whether two networks answer one example alike; networks that draw random numbers draw the same."""
    found = []
    for module in (one, other):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            found.append(answer(module, example))
    return all(same(ours, theirs) for ours, theirs in zip(*found, strict=True))


def _folder(files: Mapping[str, bytes]) -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="pruned-")
    for name, content in files.items():
        (Path(folder.name) / name).write_bytes(content)
    return folder


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return {name: tensor.clone() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ExportError(f"'{path.name}' was not written.") from error
