"""The page Runs: the tree, names, notes and pins, the file that another server opens, and the way back to each run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from explorer.backends import fields_of
from explorer.backends.codec import as_json, of_link
from explorer.engine import calls
from explorer.exports import export
from explorer.exports.project import read, text
from explorer.process.folder import Folder
from explorer.ui.runs import again
from explorer.ui.shell import jobs, project
from explorer.values import ChannelCriterion, ChannelOptions, NativeOptions
from explorer.values.errors import ExplorerError
from explorer.values.project import Kept, Project, Wanted
from tests.helpers.kept import CNN, PROJECT, PRUNED, WANTED, run
from tests.helpers.pages import open_app
from tests.helpers.paths import ROOT


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """What this server keeps: nothing yet."""
    folder = Folder(tmp_path, 9, 1 << 20)
    monkeypatch.setattr(project, "_folder", lambda: folder)
    return folder


@pytest.fixture
def app(store: Folder) -> Iterator[AppTest]:
    """The page by a link that names the project."""
    store.write("linked", text(PROJECT))
    yield (opened := open_app("runs", network=CNN.name, project="linked"))
    assert not opened.exception


def tree(app: AppTest) -> pd.DataFrame:
    return next(table.value for table in app.dataframe if "note" in table.value.columns)


def held(app: AppTest) -> Project:
    found: Project = app.session_state["project_held"]
    return found


def kept_in_link(app: AppTest, store: Folder) -> Project:
    """What a new session finds by the link of this one."""
    return read(store.read("".join(app.query_params["project"])) or "")


def pick(app: AppTest, run_id: str) -> None:
    app.session_state["run_picked"] = run_id
    app.run()


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_each_run_stands_below_the_one_that_it_goes_on_from(app: AppTest) -> None:
    shown = tree(app)
    assert list(shown["run"]) == [1, 2, 3]
    assert list(shown["name"]) == ["★ first", "└ ", "\u2003└ "]
    assert list(shown["fine-tuned"].dropna()) == [96.875]  # percent
    assert shown["note"][0] == PRUNED.note


def test_a_file_that_was_saved_here_opens_on_another_server_as_the_same_table(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = export(held(app), "project_json")
    assert isinstance(file, str)
    elsewhere = Folder(tmp_path / "elsewhere", 9, 1 << 20)
    monkeypatch.setattr(project, "_folder", lambda: elsewhere)
    other = open_app("runs", network=CNN.name)
    assert [box.value for box in other.info] == ["No runs yet. Prune a network, or open a project file."]
    other.file_uploader(key="project_file").upload("project.json", file.encode(), "application/json").run()
    assert [box.value for box in other.success] == ["Opened 3 runs."]
    pd.testing.assert_frame_equal(tree(other), tree(app))
    assert kept_in_link(other, elsewhere) == PROJECT
    other.file_uploader(key="project_file").upload("again.json", b"{", "application/json").run()
    assert "it is not JSON" in other.error[0].value
    assert held(other) == PROJECT
    press(other, "Undo opening 3 runs")
    assert held(other) == Project()


def test_names_notes_and_pins_are_kept_and_each_change_can_be_undone(app: AppTest, store: Folder) -> None:
    pick(app, "b")
    app.text_input(key="run_name_b_0").set_value(" trained on ").run()
    app.text_area(key="run_note_b_0").set_value("one\ntwo\t3\0").run()
    app.toggle(key="run_pinned_b_0").set_value(True).run()
    wanted = PROJECT.changed("b", name="trained on", note="one\ntwo     3", pinned=True)
    assert held(app) == kept_in_link(app, store) == wanted
    assert read(store.read("linked") or "") == PROJECT  # whoever has that link finds what it named
    for told, left in (
        ("the pinning", {"pinned": False}),
        ("the note", {"note": ""}),
        ("the renaming", {"name": ""}),
    ):
        press(app, f"Undo {told}")
        wanted = wanted.changed("b", **left)
        assert held(app) == kept_in_link(app, store) == wanted
    assert app.text_input(key="run_name_b_3").value == ""


def test_a_run_is_picked_by_its_number_and_what_it_is_called(app: AppTest) -> None:
    assert app.selectbox(key="run_label").value == "3 · DepGraph, digits-cnn, 0.50, L2, local"  # the youngest
    app.selectbox(key="run_label").set_value("1 · first").run()
    assert app.text_input(key="run_name_a_0").value == "first"
    assert app.text_area(key="run_note_a_0").value == PRUNED.note


def test_a_name_with_marks_is_refused(app: AppTest) -> None:
    pick(app, "a")
    app.text_input(key="run_name_a_0").set_value("<script>").run()
    assert "expected at most 80 letters in one line, without < and >" in app.error[0].value.replace("\\", "")
    assert held(app) == PROJECT


def test_a_removal_can_be_undone_and_runs_that_ended_since_stay(app: AppTest) -> None:
    pick(app, "b")
    press(app, "Remove from the project")
    assert held(app) == PROJECT.without("b")
    since = Kept(run("since"))
    app.session_state["project_held"] = held(app).with_(since)
    press(app.run(), "Undo the removal of a run")
    assert held(app) == PROJECT.with_(since)


def test_pinned_runs_stand_side_by_side(app: AppTest) -> None:
    assert any("Pin two or more runs" in caption.value for caption in app.caption)
    app.session_state["project_held"] = PROJECT.changed("b", pinned=True)
    shown = next(table.value for table in app.run().dataframe if "effective MACs" in table.value.index)
    assert list(shown.columns) == ["1 · first", "2 · DepGraph, digits-cnn, 3 each, L2, local"]
    assert list(shown.loc["fine-tuned"]) == ["–", "96.9 % accuracy"]
    assert list(shown.loc["parameters"]) == ["101 (50 % of dense)"] * 2


def linked(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the link to a run's settings says."""
    monkeypatch.setattr(jobs, "in_link", dict)
    url = urlsplit(again.link_to_settings(again.asked_again(kept), kept.id))
    return {"path": [url.path], **parse_qs(url.query, keep_blank_values=True)}


OPTIONS = ChannelOptions(ChannelCriterion.L1, round_to=8, keep=("conv1",))


def test_a_link_opens_the_page_of_a_run_with_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    said = linked(kept_of("depgraph", OPTIONS, 0.25), monkeypatch)
    assert of_link(fields_of("depgraph"), ChannelOptions, said, "DepGraph") == OPTIONS
    assert {name: said[name] for name in ("path", "network", "weights", "ratio", "branch")} == {
        "path": ["depgraph_pruning"],
        "network": ["digits-cnn"],
        "weights": ["trained"],
        "ratio": ["0.25"],
        "branch": ["a"],
    }
    count = linked(kept_of("native", NativeOptions(), 3), monkeypatch)
    assert (count["native_unit"], count["native_count"]) == (["count"], ["3"])


def kept_of(backend: str, options: Any, amount: Any) -> Kept:
    return replace(PRUNED, wanted=Wanted(backend, as_json(options, fields_of(backend)), amount))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (None, "does not say how to start it again"),
        (replace(WANTED, amount=(("conv1", (0,)),)), "Its channels were named by hand"),
        (replace(WANTED, backend="magic"), "Unknown backend 'magic'"),
        (replace(WANTED, options={"criterion": "best"}), "best"),
        (replace(WANTED, options={"evil": 1}), "Unknown option 'evil' of DepGraph"),
    ],
)
def test_a_run_that_cannot_be_started_again_says_why(wanted: Wanted | None, told: str) -> None:
    with pytest.raises(ExplorerError, match=told):
        again.asked_again(replace(PRUNED, wanted=wanted))


def test_the_run_that_is_started_there_goes_on_from_it(
    store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls.apply, "start", lambda *asked: "begun")
    app = AppTest.from_file(str(ROOT / "pages" / "depgraph_pruning.py"), default_timeout=120)
    app.query_params["network"], app.query_params["branch"] = CNN.name, "a"
    app.run()
    assert "branch" not in app.query_params  # a reload starts nothing twice
    for parent in ("a", ""):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(calls, "job", not_yet)
            press(app, "Apply with Torch-Pruning")
        assert jobs.parent_of("begun") == parent


def not_yet(job_id: str) -> Any:
    raise ExplorerError(f"{job_id} waits.")


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "that this server no longer keeps"), ("{", "cannot be read. The project file cannot be opened")],
)
def test_a_project_that_a_link_names_in_vain_is_told_once(
    store: Folder, content: str | None, told: str
) -> None:
    if content:
        store.write("gone", content)
    app = open_app("runs", network=CNN.name, project="gone")
    assert [told in box.value for box in app.warning] == [True]
    assert "project" not in app.query_params


def test_a_project_that_cannot_be_kept_is_told_and_stays_in_the_session(
    app: AppTest, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(project_id: str, content: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write", full)
    pick(app, "a")
    app.toggle(key="run_pinned_a_0").set_value(False).run()
    assert "No space left on device" in app.run().warning[0].value
    assert held(app) == PROJECT.changed("a", pinned=False)
