"""A bundle's folder appears whole or not at all, and nothing that was there is lost."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

import explorer
from explorer.exports import bundle as writing
from explorer.exports.bundle import write_folder, zipped
from explorer.values.bundle import Bundle
from explorer.values.errors import ExportError
from tests.helpers.paths import ROOT

# Replaces a bundle by another of itself without end; the numbers in its files tell which of them it is.
WRITER = """
import itertools, sys
from explorer.exports.bundle import write_folder, zipped
from explorer.values.bundle import Bundle
for number in itertools.count():
    held = str(number % 10).encode() * 300_000
    files = (("structure.json", held), ("model.safetensors", held), ("plan.json", held))
    write_folder(Bundle("net", files), sys.argv[1], replace=True)
    print(number, flush=True)
"""


def files_of(number: int) -> Bundle:
    held = str(number).encode()
    return Bundle("net", (("model.safetensors", held), ("structure.json", held)))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        ExportError, match="is there already and holds no pruned network, so it is left as it is"
    ):
        write_folder(files_of(1), tmp_path, replace=True)
    assert content(tmp_path) == {"notes.txt": b"mine"}


def test_a_pruned_network_is_replaced_where_that_is_said_only(tmp_path: Path) -> None:
    target = write_folder(files_of(1), tmp_path / "net.pruned")
    with pytest.raises(ExportError, match="holds a pruned network, which is left as it is"):
        write_folder(files_of(2), target)
    assert content(target)["structure.json"] == b"1"
    write_folder(files_of(2), target, replace=True)
    assert content(target) == dict(files_of(2).files)
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = write_folder(files_of(1), tmp_path / "net.pruned")

    def full(path: Path, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(writing, "_write", full)
    with pytest.raises(
        ExportError, match="could not be written: the disk is full. What was there before is left"
    ):
        write_folder(files_of(2), target, replace=True)
    assert content(target) == dict(files_of(1).files)
    assert list(tmp_path.iterdir()) == [target]


def test_a_writer_that_is_killed_leaves_one_whole_folder(tmp_path: Path) -> None:
    target = tmp_path / "net.pruned"
    command = [sys.executable, "-c", WRITER, str(target)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()  # one is there
        time.sleep(0.31)
        writer.send_signal(signal.SIGKILL)
    held = content(target)
    assert set(held) == {"structure.json", "model.safetensors", "plan.json"}
    assert {(len(text), text[:1] * 300_000 == text) for text in held.values()} == {(300_000, True)}
    assert len(set(held.values())) == 1


def test_what_a_killed_writer_left_is_cleared_away_and_what_another_writes_is_not(tmp_path: Path) -> None:
    target = tmp_path / "net.pruned"
    left, fresh, held, other = (tmp_path / f".net.pruned.{name}.part" for name in ("a", "b", "c", "d"))
    for folder in (left, fresh, held):
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"half")
    other.symlink_to(tmp_path)
    others = tmp_path / ".mine.pruned.a.part"
    others.mkdir()
    for folder in (left, held, others):
        os.utime(folder, (0, 0))
    handle = os.open(held, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    write_folder(files_of(1), target)
    os.close(handle)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("net.pruned", fresh.name, held.name, other.name, others.name)
    }
    write_folder(files_of(2), target, replace=True)
    assert not held.exists()


@pytest.mark.parametrize(
    "name, safe",
    [
        ("digits-cnn", "digits-cnn"),
        ("net.py:build", "net.py-build"),
        ("hf:org/gpt 2", "hf-org-gpt-2"),
        ("../etc", "etc"),
        ("nul.py", "nul.py-"),
        ("Netz:ä", "Netz"),
        ("::", "network"),
    ],
)
def test_a_networks_name_is_one_for_files_of_every_system(name: str, safe: str) -> None:
    made = Bundle(name, files_of(1).files)
    with ZipFile(io.BytesIO(zipped(made))) as held:
        assert {Path(file).parts[0] for file in held.namelist()} == {f"{safe}.pruned"}


def test_a_zip_holds_the_same_files_and_is_the_same_every_time() -> None:
    made = files_of(3)
    archive = explorer.export(made, "bundle_zip")
    assert isinstance(archive, bytes)
    assert archive == explorer.export(made, "bundle_zip")
    with ZipFile(io.BytesIO(archive)) as held:
        found = {name: held.read(name) for name in held.namelist()}
    assert found == {f"net.pruned/{name}": text for name, text in made.files}


def test_a_plan_as_json_holds_every_figure() -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), "depgraph", round_to=4)
    plan = planner.plan(0.5)
    told = json.loads(explorer.export(plan, "plan_json"))
    assert [told[name] for name in ("ratio", "params", "nonzero", "macs", "effective_macs", "bytes")] == [
        *(0.5, plan.params, plan.nonzero, plan.macs, plan.effective_macs, plan.bytes)
    ]
    assert told["layers"]["block2.conv"] == [32, 16]
