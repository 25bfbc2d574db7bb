"""SparseML runs in a process of its own, on packages that the app never sees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.process import island

ONE_SHOT = """
import json
import numpy, torch
from sparseml.pytorch.optim import ScheduledModifierManager
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3))
ScheduledModifierManager.from_yaml('''
modifiers:
  - !GMPruningModifier
      params: __ALL_PRUNABLE__
      init_sparsity: 0.05
      final_sparsity: 0.75
      start_epoch: 0.0
      end_epoch: 1.0
      update_frequency: 0.5
      mask_type: unstructured
''').apply(net)
zeros = [float((net[layer].weight == 0).float().mean()) for layer in (0, 3)]
norm = int((net[1].weight == 0).sum())
print(json.dumps({"zeros": zeros, "norm": norm, "numpy": numpy.__version__, "torch": torch.__version__}))
"""


@pytest.mark.large
@pytest.mark.skipif(bool(island.why_missing()), reason=island.why_missing())
def test_a_one_shot_recipe_writes_exactly_the_zeros_asked_for(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", ONE_SHOT],
        cwd=tmp_path,
        env=island.environment(logs=tmp_path / "logs"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout.splitlines()[-1])
    assert seen["zeros"] == [0.75, 0.75]
    assert seen["norm"] == 0
    assert seen["numpy"].startswith("1.26.")
    assert seen["torch"].startswith("2.13.")
    assert not (tmp_path / "sparse_logs").exists()


def test_the_app_does_not_see_the_island() -> None:
    import numpy

    assert numpy.__version__.startswith("2.")
    assert not any(str(island.FOLDER) in path for path in sys.path)


def test_the_folder_is_current_only_for_this_lock_file(tmp_path: Path) -> None:
    lock, folder = tmp_path / "lock.txt", tmp_path / "island"
    lock.write_text("six==1.17.0\n")
    assert not island.is_current(folder, lock)
    folder.mkdir()
    (folder / ".lock").write_text(island.fingerprint(lock))
    assert island.is_current(folder, lock)
    lock.write_text("six==1.16.0\n")
    assert not island.is_current(folder, lock)


def test_a_missing_island_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    said = island.why_missing(folder=tmp_path / "nowhere")
    assert (
        said
        == "SparseML is not set up. Run `python -m explorer.process.island` once; it takes about a minute."
    )


def test_a_newer_python_is_told_and_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 1))
    monkeypatch.setattr(island, "is_current", lambda: False)
    assert island.main() == 0
    assert capsys.readouterr().out == (
        "SparseML runs on Python 3.11 only, and this is 3.13; everything else works.\n"
    )


@pytest.mark.large
def test_a_package_that_cannot_be_installed_leaves_the_old_folder(tmp_path: Path) -> None:
    lock, folder = tmp_path / "lock.txt", tmp_path / "island"
    folder.mkdir()
    (folder / "kept").touch()
    lock.write_text(f"nowhere @ file://{tmp_path}/no-such-file.whl\n")
    with pytest.raises(island.IslandError, match=r"^SparseML could not be set up: ERROR: .*no-such-file"):
        list(island.set_up(folder, lock))
    assert (folder / "kept").exists()


@pytest.mark.large
def test_setting_up_shows_each_package_and_stamps_the_folder(tmp_path: Path) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    build_wheel(wheel)
    lock, folder = tmp_path / "lock.txt", tmp_path / "island"
    lock.write_text(f"# a comment\n{wheel}\n")
    assert list(island.set_up(folder, lock)) == ["[1/1] tiny-1.0-py3-none-any.whl"]
    assert (folder / "tiny.py").read_text() == "answer = 42\n"
    assert island.is_current(folder, lock)


def build_wheel(path: Path) -> None:
    """The smallest thing that pip installs."""
    import zipfile

    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "answer = 42\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
