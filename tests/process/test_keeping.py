"""Finished runs on disk: they outlive their server, whole and private, and a damaged one is told in a sentence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.process import folder as folders
from explorer.process.engine import EngineSettings
from explorer.process.folder import Folder
from explorer.process.jobs import JobBoard
from explorer.process.keeping import Keeping
from explorer.values import JobState, NetworkSpec, Weights, places
from explorer.values.errors import FormatError, UnknownNameError
from tests.helpers.paths import ROOT
from tests.helpers.processes import until

SMALL = EngineSettings("tests.helpers.engine_functions", memory=1 << 30)
ABOUT = ("run", NetworkSpec("digits-cnn", Weights.TRAINED))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "deep" / "runs"


def server(kept: Path) -> JobBoard:
    """One that starts anew with what earlier ones kept."""
    return JobBoard(SMALL, keeping=Keeping(Folder(kept, 3, 10_000)))


def done(board: JobBoard, function: str = "spec", about: object = ABOUT) -> str:
    """The id of a run that is over, and whose file is written where it has one."""
    job_id = board.start(function, *(["digits-vgg"] if function == "spec" else [1]))
    board.keep(job_id, about)
    assert until(lambda: board.status(job_id).over, seconds=60)
    board.keep(job_id, about)
    return job_id


def test_a_run_is_found_after_a_restart_and_known_to_be_of_an_earlier_server(kept: Path) -> None:
    before = server(kept)
    job_id = done(before)
    after = server(kept)
    assert after.status(job_id) == before.status(job_id)
    assert after.status(job_id).result == NetworkSpec("digits-vgg", Weights.RANDOM, seed=3)
    assert after.about(job_id) == before.about(job_id) == ABOUT
    assert (before.is_earlier(job_id), after.is_earlier(job_id)) == (False, True)
    after.cancel(job_id)  # does nothing to a run that is over
    assert after.status(job_id).state is JobState.DONE


def test_a_run_that_failed_is_not_kept(kept: Path) -> None:
    job_id = done(server(kept), "refuse")
    assert not kept.exists()
    with pytest.raises(UnknownNameError, match=f"no run '{job_id}': it is no longer kept, or it broke off"):
        server(kept).status(job_id)
    assert server(kept).about(job_id) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"version": 1, "status"', "it is not JSON"),
        (b"\xff", "invalid start byte"),
        (b"[]", "it is of version None, and this explorer reads 1"),
        (b'{"version": 0}', "it is of version 0, and this explorer reads 1"),
        (b'{"version": 1, "about": null}', "the run lacks 'status'"),
    ],
)
def test_a_damaged_file_is_told_in_a_sentence_and_costs_no_other_run(
    kept: Path, content: bytes, told: str
) -> None:
    job_id, other = [done(board) for board in (server(kept), server(kept))]
    (kept / f"{job_id}.json").write_bytes(content)
    after = server(kept)
    with pytest.raises(FormatError, match=f"run '{job_id}' was kept, but its file cannot be read: .*{told}"):
        after.status(job_id)
    assert after.about(job_id) is None
    assert after.status(other).state is JobState.DONE


def test_files_are_readable_by_their_user_alone(kept: Path) -> None:
    kept.mkdir(parents=True, mode=0o755)
    job_id = done(server(kept))
    assert kept.stat().st_mode & 0o777 == 0o700
    assert (kept / f"{job_id}.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((kept / f"{job_id}.json").read_text())["about"][0] == "run"  # plain JSON


def test_a_folder_that_cannot_be_written_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    board = server(tmp_path / "file")
    assert board.status(done(board)).state is JobState.DONE


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "a.b", "x" * 65])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.json").write_text("secret")
    folder = Folder(tmp_path / "in", 9, 99)
    folder.write("one", "1")
    assert folder.read(name) is None
    with pytest.raises(KeyError, match=f"^{re.escape(repr(name))}$"):
        folder.write(name, "2")


def test_older_files_make_room_before_another_process_writes_one(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "networks", 2, 1 << 20)
    for age, name in enumerate(("a", "b", "c")):
        file = folder.place(f"{name}.safetensors")
        file.write_bytes(b"whole")
        os.utime(file, (age, age))
    assert folder.place("d.safetensors") == tmp_path / "networks" / "d.safetensors"
    assert sorted(path.name for path in file.parent.iterdir()) == ["b.safetensors", "c.safetensors"]
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("most", "size", "left"), [(2, 99, "cd"), (9, 6, "d"), (9, 7, "cd"), (9, 99, "abcd")]
)
def test_the_oldest_make_room(tmp_path: Path, most: int, size: int, left: str) -> None:
    folder = Folder(tmp_path, most, size)
    for age, (name, text) in enumerate({"a": "1", "b": "22", "c": "333", "d": "4444"}.items()):
        folder.write(name, text)
        os.utime(tmp_path / f"{name}.json", (age, age)) if name != "d" else None
    assert "".join(sorted(path.stem for path in tmp_path.iterdir())) == left


KILLED = """
import os, sys, time
from pathlib import Path
from explorer.process.folder import Folder
def stop(*paths):
    print("written", flush=True)
    time.sleep(60)
os.replace = stop
Folder(Path(sys.argv[1]), 9, 1 << 20).write("one", "new" * 1000)
"""


def test_whoever_is_killed_while_saving_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path, 9, 1 << 20)
    folder.write("one", "old")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
        child.kill()
    assert folder.read("one") == "old"
    assert len(list(tmp_path.iterdir())) == 2  # what was half written
    monkeypatch.setattr(folders, "time", lambda: 1e12)
    folder.write("two", "next")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.json", "two.json"]


def test_runs_are_kept_in_the_cache_of_the_user_or_where_they_are_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(places.KEPT)
    assert places.kept_folder() == tmp_path / "pruning-explorer"
    monkeypatch.setenv(places.KEPT, "/elsewhere")
    assert places.kept_folder() == Path("/elsewhere")
