"""`check` tells by its exit status whether runs keep to limits; it reads what other commands print."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import explorer
from explorer import commands
from explorer.exports import plan, project
from explorer.values import AppliedRun, Evaluation, NetworkSpec, Weights
from explorer.values.project import Kept, Project

DENSE: dict[str, Any] = {
    "params": 1000,
    "nonzero": 1000,
    "macs": 200_000,
    "effective_macs": 200_000,
    "file_bytes": 5000,
    "latency": {"median": 0.004},
    "accuracy": 0.98,
    "judged_by": "accuracy",
}
PRUNED: dict[str, Any] = {
    "params": 500,
    "nonzero": 500,
    "macs": 100_000,
    "effective_macs": 90_000,
    "file_bytes": 2600,
    "latency": {"median": 0.003},
    "accuracy": 0.4,
    "recalibrated": 0.97,
    "judged_by": "accuracy",
}
MEASURED = {
    "model": "net",
    "backend": "depgraph",
    "ratio": 0.5,
    "measured": {"dense": DENSE, "pruned": PRUNED},
}


def status(tmp_path: Path, told: Any, *limits: str) -> int:
    path = tmp_path / "runs.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    return commands.run(["check", str(path), *limits])


@pytest.mark.parametrize(
    "limits, sentence",
    [
        (("--min-accuracy", "97%"), ""),
        (("--min-accuracy", "0.971"), "97.0 % accuracy, and --min-accuracy 0.971 asks for at least 97.1 %."),
        (("--max-drop", "1.1%"), ""),
        (("--max-drop", "0.5%"), "asks for at least 97.5 %."),
        (("--max-macs", "50%", "--max-effective-macs", "90k", "--max-params", "500"), ""),
        (("--max-macs", "49%"), "100,000 MACs, and --max-macs 49% asks for at most 98,000."),
        (("--max-macs", "300k"), ""),
        (("--max-bytes", "2.5kB"), "2,600 bytes, and --max-bytes 2.5kB asks for at most 2,500."),
        (("--max-latency", "75%", "--max-nonzero", "50%"), ""),
        (("--max-latency", "2.9ms"), "3.00 ms latency, and --max-latency 2.9ms asks for at most 2.90 ms."),
    ],
)
def test_the_exit_status_tells_whether_a_run_keeps_to_its_limits(
    tmp_path: Path, limits: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(tmp_path, MEASURED, *limits) == (4 if sentence else 0)
    assert (sentence or "net by depgraph at ratio 0.5: keeps to all limits") in capsys.readouterr().out


def test_a_run_without_the_figure_asked_for_fails_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = {"network": "net", "backend": "native", "ratio": 0.5, "macs": 10, "dense": {"params": 5}}
    assert status(tmp_path, planned, "--min-accuracy", "90%", "--max-macs", "60%", "--max-params", "9") == 4
    said = capsys.readouterr().out
    assert "It has no accuracy, which --min-accuracy 90% asks for." in said
    assert "It has no MACs of the dense network, which --max-macs 60% is measured by." in said
    assert "It has no parameters, which --max-params 9 asks for." in said
    agreement = {"measured": {"dense": DENSE, "pruned": PRUNED | {"judged_by": "agreement"}}}
    assert status(tmp_path, agreement, "--min-accuracy", "90%") == 4


def test_all_runs_are_held_against_the_limits_unless_some_are_pinned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [{"run": "A", "told": "one", **PRUNED}, {"run": "B", "told": "two", **DENSE}]
    compared = {"dense": DENSE, "runs": runs}
    assert status(tmp_path, compared, "--max-macs", "60%", "--json") == 4
    told = json.loads(capsys.readouterr().out)
    assert [run["met"] for run in told["runs"]] == [True, False]
    runs[0]["pinned"] = True
    assert status(tmp_path, compared, "--max-macs", "60%") == 0
    runs[0]["problem"] = "Its worker was lost."
    assert status(tmp_path, compared, "--max-macs", "60%") == 4
    assert "It has no figures: Its worker was lost." in capsys.readouterr().out


def test_a_project_file_is_read_with_its_pins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = AppliedRun(
        *("one", "PyTorch native", NetworkSpec("digits-cnn", Weights.TRAINED), "L1", 0.5),
        *(1000, 1000, 500, 200_000, 200_000, 90_000, 5000),
        *(Evaluation(0.98, 0.1, 450), Evaluation(0.9, 0.3, 450), 0.1, True),
    )
    tuned = replace(run, id="two", fine_tuned=Evaluation(0.975, 0.1, 450))
    limits = ("--min-accuracy", "97%", "--max-macs", "100%", "--max-bytes", "6kB")
    runs = Project((Kept(run), Kept(tuned, parent="one", name="the good one")))
    assert status(tmp_path, project.text(runs), *limits) == 4
    assert "PyTorch native on digits-cnn (one): 90.0 % accuracy" in capsys.readouterr().out
    assert status(tmp_path, project.text(runs.changed("two", pinned=True)), *limits) == 0
    assert "the good one (two): keeps to all limits" in capsys.readouterr().out
    assert status(tmp_path, project.text(runs), "--max-nonzero", "60%") == 4
    sentence = (
        "It has no non-zeros of the dense network, which --max-nonzero 60% is measured by. Give a number such"
    )
    assert sentence in capsys.readouterr().out
    counted = replace(run, nonzero_before=1000, effective_macs_before=120_000)
    whole = project.text(Project((Kept(counted),)))
    assert status(tmp_path, whole, "--max-nonzero", "50%", "--max-effective-macs", "75%") == 0
    assert status(tmp_path, whole, "--max-effective-macs", "74%") == 4


@pytest.mark.parametrize("backend", ["depgraph", "native"])
def test_effective_macs_of_a_plan_are_a_share_of_those_of_a_dense_network_with_zeros(
    backend: str, tmp_path: Path
) -> None:
    first = nn.Linear(6, 16)
    first.weight.data[:, :3] = 0.0
    module = nn.Sequential(first, nn.ReLU(), nn.Linear(16, 4))
    found = explorer.planner(explorer.wrap(module, torch.zeros(1, 6)), backend).plan(0.5)
    held = plan.plan_object(found)
    assert held["dense"]["effective_macs"] == 3 * 16 + 16 * 4
    share = 100 * found.effective_macs / (3 * 16 + 16 * 4)
    assert status(tmp_path, held, "--max-effective-macs", f"{share + 0.1}%") == 0
    assert status(tmp_path, held, "--max-effective-macs", f"{share - 0.1}%") == 4


@pytest.mark.parametrize(
    "told, limits, sentence",
    [
        (MEASURED, (), "No limit is given"),
        ("{", ("--max-macs", "9"), "is not JSON"),
        ("[" * 100_000, ("--max-macs", "9"), "is not JSON"),
        ([1], ("--max-macs", "9"), "holds no run"),
        ({"runs": []}, ("--max-macs", "9"), "holds no run"),
        (MEASURED, ("--max-macs", "9ms"), "must be a share of the dense network such as 50%"),
        (MEASURED, ("--min-accuracy", "97"), "must be a share such as 97% or 0.97, got '97'"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    tmp_path: Path,
    told: Any,
    limits: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(tmp_path, told, *limits) == 1
    assert sentence in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run(["check", str(tmp_path / "none.json"), "--max-macs", "9"]) == 1
    assert "cannot be read: No such file or directory" in capsys.readouterr().err
