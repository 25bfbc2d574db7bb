"""The project file: written, read again as the same project, and refused in one sentence where it is not sound."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from explorer.exports import export
from explorer.exports.project import LARGEST, read
from explorer.values.errors import FormatError
from explorer.values.project import LONGEST_NAME, MOST_RUNS, Kept, Project
from tests.helpers.kept import JUDGED, PROJECT, PRUNED, run


def test_a_project_is_the_same_after_writing_and_reading() -> None:
    assert read(export(PROJECT, "project_json")) == PROJECT
    assert read(str(export(PROJECT, "project_json")).encode()) == PROJECT
    assert read(export(Project(), "project_json")) == Project()


def test_a_file_of_the_first_version_is_read_without_what_it_did_not_count() -> None:
    (kept,) = read(json.dumps(json.loads(export(Project((PRUNED,)), "project_json")) | {"version": 1})).runs
    assert (kept.run.nonzero_before, kept.run.effective_macs_before) == (None, None)
    counted = replace(PRUNED, run=replace(PRUNED.run, nonzero_before=202, effective_macs_before=404))
    assert read(export(Project((counted,)), "project_json")) == Project((counted,))


def test_a_count_stays_a_count_and_a_fraction_a_fraction() -> None:
    kept = [replace(PRUNED, run=run(str(amount), amount=amount)) for amount in (1, 1.0)]
    assert [type(one.run.amount) for one in read(export(Project(tuple(kept)), "project_json")).runs] == [
        int,
        float,
    ]


def file(change: Callable[[Any], object] = lambda held: None) -> str:
    """The project file after a change of what stands in it."""
    held = json.loads(export(PROJECT, "project_json"))
    change(held)
    return json.dumps(held)


def in_run(**parts: Any) -> Callable[[Any], object]:
    return lambda held: held["runs"][1]["run"].update(parts)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it does not say that it is one"),
        ('{"runs": []}', "it does not say that it is one"),
        (" " * (LARGEST + 1), "The file has 8.0 MB; a project file has at most 8 MB"),
        (file(lambda held: held.update(version=3)), "it is of version 3, and this explorer reads 1 and 2"),
        (
            file(lambda held: held.update(version=True)),
            "it is of version True, and this explorer reads 1 and 2",
        ),
        (file(lambda held: held.update(more=1)), "it has an unknown part 'more'"),
        (file(lambda held: held.update(runs={})), "runs is {}; expected a list"),
        (file(lambda held: held.update(runs=[None])), "runs[0] is None; expected an object"),
        (file(lambda held: held["runs"][0].update(evil=1)), "runs[0] has an unknown part 'evil'"),
        (file(lambda held: held["runs"][0]["run"].pop("params")), "runs[0].run lacks 'params'"),
        (file(in_run(params="many")), "runs[1].run.params is 'many'; expected a whole number"),
        (file(in_run(params=True)), "runs[1].run.params is True; expected a whole number"),
        (file(in_run(params=1.5)), "runs[1].run.params is 1.5; expected a whole number"),
        (file(in_run(params=-1)), "it says of run 2 that params is -1, which is below 0"),
        (file(in_run(seconds=float("nan"))), "it holds NaN, which is no number that can be counted with"),
        (file().replace("0.25", "1e999"), "it holds 1e999, which is no number that can be counted with"),
        (file().replace("202", "9" * 5000), f"it holds {'9' * 20}, which is no number"),
        (file(in_run(pruned={"value": 1.5, "loss": 0, "examples": 9})), "that pruned is 1.5 on 9 examples"),
        (file(in_run(pruned={"value": 0.5, "loss": 0, "examples": 0})), "that pruned is 0.5 on 0 examples"),
        (file(in_run(latency={"median": 0, "low": 0, "high": 0, "runs": 1})), "latency is 0 s, outside"),
        (file(in_run(network={"name": "x", "weights": "stolen"})), "runs[1].run.network.weights is 'stolen'"),
        (file(in_run(network={"name": "<b>", "weights": "own"})), "it says of run 2 the name '<b>'"),
        (file(in_run(options="\x1b[2J")), "its options in words that are too long, or not printable"),
        (file(in_run(network={"$class": "os:system"})), "it names the class 'os:system'; expected none"),
        (
            file(lambda held: held["runs"][0].update(name="<img src=x onerror=alert(1)>")),
            "it says of run 1 the name '<img src=x onerror=alert(1)>'; expected at most 80 letters in one line",
        ),
        (
            file(lambda held: held["runs"][0].update(name="n" * (LONGEST_NAME + 1))),
            "it says of run 1 the name",
        ),
        (file(lambda held: held["runs"][0].update(note="\0")), "a note of 1 characters"),
        (
            file(lambda held: held["runs"][0].update(parent="c")),
            "that it goes on from 'c', and no run before",
        ),
        (file(in_run(id="a")), "that its id is 'a', which is empty or another run's"),
        (file(lambda held: held.update(runs=held["runs"] * MOST_RUNS)), f"it holds {3 * MOST_RUNS} runs"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_in_one_sentence(content: str | bytes, told: str) -> None:
    with pytest.raises(FormatError, match=re.escape(told)) as refused:
        read(content)
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


def test_a_tree_stands_in_the_order_of_its_branches() -> None:
    later = Kept(run("d"), parent="a")
    tree = PROJECT.with_(later, replace(JUDGED, name="twice")).tree
    assert [(kept.id, depth) for kept, depth in tree] == [("a", 0), ("b", 1), ("c", 2), ("d", 1)]


def test_what_went_on_from_a_run_that_is_removed_goes_on_from_the_run_above() -> None:
    assert [(kept.id, kept.parent) for kept in PROJECT.without("b").runs] == [("a", ""), ("c", "a")]
    assert [(kept.id, kept.parent) for kept in PROJECT.without("a", "b").runs] == [("c", "")]


def test_pinned_runs_are_judged_or_all_where_none_is() -> None:
    assert [kept.id for kept in PROJECT.judged] == ["a"]
    assert [kept.id for kept in PROJECT.changed("a", pinned=False).judged] == ["a", "b", "c"]


def test_a_project_keeps_its_youngest_runs() -> None:
    new = [Kept(run(str(number)), parent="a") for number in range(MOST_RUNS)]
    runs = PROJECT.with_(*new).runs
    assert [runs[0].id, runs[-1].id, len(runs)] == ["0", str(MOST_RUNS - 1), MOST_RUNS]
    assert runs[0].parent == ""
