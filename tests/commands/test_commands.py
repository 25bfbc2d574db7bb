"""The command line's figures are the API's; its budgets, statuses and words."""

from __future__ import annotations

import json
import math
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from torch import nn

import explorer
from explorer import commands
from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, fields_of
from explorer.backends.codec import flag
from explorer.bundles.checking import Elsewhere, answers_same
from explorer.commands import profiling, running
from explorer.commands.budgets import share_of
from explorer.commands.measuring import judged
from explorer.commands.telling import Teller
from explorer.exports.plan import plan_object
from explorer.studies.compare import latency
from explorer.values import (
    Budget,
    Cause,
    Confidence,
    Evaluation,
    Interval,
    Machine,
    NetworkTime,
    Profile,
    ProfileRequest,
    Progress,
    Subject,
    Timing,
    Variant,
    Verdict,
    Yardstick,
    own,
)
from explorer.values.errors import ExportError, PruningError
from tests.helpers.bundles import nothing_checked
from tests.helpers.paths import ROOT

OWN = """
from torch import nn

def build():
    print("building")  # no part of what --json prints
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 3))
"""
FIGURES = {"ratio", "params", "macs", "nonzero", "effective_macs", "bytes", "layers"}


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The object that a command prints."""
    assert commands.run([*words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    "backend, flags, options",
    [
        (
            "depgraph",
            ("--scope", "global", "--round-to", "4", "--keep", "block1.conv"),
            {"keep": ("block1.conv",)},
        ),
        (
            "native",
            ("--criterion", "random", "--seed", "3", "--biases", "--overrides", "fc:0.2"),
            {"biases": True},
        ),
        ("sparseml", ("--modifier", "GlobalMagnitude"), {"modifier": "GlobalMagnitude"}),
    ],
)
def test_figures_are_those_of_the_api(
    capsys: pytest.CaptureFixture[str], backend: str, flags: tuple[str, ...], options: dict[str, Any]
) -> None:
    more = {"depgraph": {"scope": "global", "round_to": 4}, "native": {"criterion": "random", "seed": 3}}
    own = {"overrides": {"fc": 0.2}} if backend == "native" else {}
    planner = explorer.planner(
        explorer.load("digits-cnn"), backend, **more.get(backend, {}), **options, **own
    )
    found = told(capsys, "plan", "--model", "digits-cnn", "--backend", backend, "--ratio", "40%", *flags)
    assert {name: found[name] for name in plan_object(planner.plan(0.4))} == plan_object(planner.plan(0.4))
    assert set(found) >= FIGURES
    assert found["layers"]["block1.conv"][0] == 16


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("plan", "--ratio", "half"), "Pruning ratio must be a fraction in [0, 1), got 'half'."),
        (("compare", "--ratio", "1.5"), "Pruning ratio must be a fraction in [0, 1), got '1.5'."),
        (("prune", "--macs", "50x"), "A budget of MACs must be a share of the dense network such as 50%"),
        (("sensitivity", "--latency", "2 hours"), "A budget of latency must be a share of the dense network"),
    ],
)
def test_an_amount_that_means_nothing_is_refused_before_a_network_is_loaded(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch("explorer.sources.load", side_effect=AssertionError("loaded")):
        assert commands.run([*words, "--model", "digits-cnn"]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_option_of_a_library_is_a_flag(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        commands.run(["plan", "--backend", backend, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert [flag(field) for field in fields_of(backend) if flag(field) not in text] == []


@pytest.mark.parametrize("budget, kind", [("macs", "macs"), ("params", "params"), ("bytes", "bytes")])
def test_a_budget_is_met_as_the_app_meets_it(
    budget: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    share = told(capsys, "plan", "--model", "digits-cnn", f"--{budget}", "50%")
    assert abs(share[kind] / share["dense"][kind] - 0.5) < 0.05
    number = told(capsys, "plan", "--model", "digits-cnn", f"--{budget}", str(share["dense"][kind] // 2))
    assert number["ratio"] == share["ratio"]


@pytest.mark.parametrize(
    "text, kind, share",
    [
        ("50%", Budget.MACS, 0.5),
        ("150M", Budget.MACS, 150e6 / 600e6),
        ("1.5 k", Budget.PARAMS, 1500 / 600e6),
        ("8MB", Budget.BYTES, 8e6 / 600e6),
        ("8MiB", Budget.BYTES, 8 * 2**20 / 600e6),
        ("300_000_000", Budget.NONZERO, 0.5),
    ],
)
def test_budgets_are_shares_or_numbers(text: str, kind: Budget, share: float) -> None:
    assert share_of(kind, text, 600_000_000) == pytest.approx(share)


@pytest.mark.parametrize("text", ["half", "0.5", "8MB", "2ms", "%", "-3", "1e9"])
def test_a_budget_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(PruningError, match="must be a share of the dense network such as 50%, or a number"):
        share_of(Budget.MACS, text, 600_000_000)


@pytest.mark.parametrize("text", ["0%", "101%", "700M"])
def test_a_budget_that_no_network_meets_is_refused(text: str) -> None:
    with pytest.raises(
        PruningError, match="must be above nothing and at most the dense network's 600,000,000 MACs"
    ):
        share_of(Budget.MACS, text, 600_000_000)


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("--model", "nope", "--ratio", "0.5"), "Unknown network 'nope'"),
        (("--model", "digits-cnn"), "Give --ratio 0.5, or a budget such as --macs 50%"),
        (("--model", "digits-cnn", "--ratio", "1"), "Pruning ratio must be a fraction in [0, 1), got '1'"),
        (
            ("--model", "digits-cnn", "--backend", "native", "--params", "50%"),
            "keeps all its stored parameters",
        ),
        (("--model", "digits-cnn", "--ratio", "0.5", "--criterion", "best"), "Unknown criterion"),
    ],
)
def test_what_is_refused_ends_with_one_and_a_sentence(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(["plan", *words]) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""


def test_memory_that_runs_out_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 400 bytes")

    monkeypatch.setattr(running, "_command", lambda name: full)
    assert commands.run(["plan", "--model", "digits-cnn", "--ratio", "0.5"]) == 1
    assert "This takes more memory than the machine has to give" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("--pattern", "structured"),
        ("--model", "digits-vit"),
        ("--backend", "nope"),
        ("--macs", "50%", "--ratio", "1"),
    ],
)
def test_flags_that_are_none_end_with_two(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        commands.run(["plan", "--model", "digits-cnn", *words])
    assert end.value.code == 2


def test_prune_writes_the_folder_and_its_figures_are_the_plans(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), round_to=4)
    pruned = planner.sketch(planner.plan(0.5))
    words = (
        "prune",
        "--model",
        "digits-cnn",
        "--ratio",
        "0.5",
        "--round-to",
        "4",
        "--out",
        str(tmp_path / "net"),
    )
    with nothing_checked():
        found = told(capsys, *words)
        assert commands.run(words) == 1
        assert "is there already and holds a pruned network" in capsys.readouterr().err
        with patch.object(Elsewhere, "loaded", side_effect=ExportError("It broke off.")):
            assert commands.run([*words, "--replace"]) == 3
        assert "Not written: load.py. It broke off." in capsys.readouterr().out
    assert found["params"] == sum(parameter.numel() for parameter in pruned.parameters())
    assert found["failed"] == []
    assert answers_same(explorer.load_bundle(found["folder"]), pruned, planner.net.example_input)


def test_a_budget_of_latency_is_met_by_measuring(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def timed(net: Network, modules: Sequence[nn.Module], seconds: float = 3.0) -> list[Timing]:
        """A microsecond for every thousand parameters."""
        sizes = [sum(one.numel() for one in module.parameters()) / 1e9 for module in modules]
        return [Timing(size, size, size, 6) for size in sizes]

    monkeypatch.setattr(latency, "in_turns", timed)
    found = told(capsys, "plan", "--model", "digits-cnn", "--latency", "50%")
    assert found["latency"]["pruned"]["median"] == found["params"] / 1e9
    assert found["latency"]["limit"] == pytest.approx(found["dense"]["params"] / 2e9)
    assert 0.45 < found["params"] / found["dense"]["params"] <= 0.5
    same = told(
        capsys, "plan", "--model", "digits-cnn", "--latency", f"{found['latency']['limit'] * 1e6:.9f}us"
    )
    assert same["ratio"] == found["ratio"]
    assert commands.run(["plan", "--model", "digits-cnn", "--latency", "1s"]) == 1
    assert "at most the 49.8 µs that the dense network takes here" in capsys.readouterr().err
    assert commands.run(["plan", "--model", "digits-cnn", "--latency", "1ns"]) == 1
    assert "or a time such as 2ms, got '1ns'" in capsys.readouterr().err
    assert commands.run(["plan", "--model", "digits-cnn", "--backend", "native", "--latency", "50%"]) == 1
    assert "so no ratio meets a time" in capsys.readouterr().err


def test_sensitivity_measures_as_the_api_does_and_its_flags_make_the_same_network(
    capsys: pytest.CaptureFixture[str],
) -> None:
    net = explorer.load("digits-cnn")
    measured = explorer.measure_sensitivity(net, ratios=(0.3, 0.6))
    solution = explorer.spend_budget(net, measured, "MACs", 0.6)
    model = ("--model", "digits-cnn", "--backend", "depgraph")
    found = told(capsys, "sensitivity", *model, "--ratios", "0.3,0.6", "--macs", "60%")
    assert [[point["value"] for point in group["points"]] for group in found["groups"]] == [
        [point.value for point in group.points] for group in measured.groups
    ]
    assert found["solution"]["solved"]["macs"] == solution.solved.macs
    again = told(capsys, "plan", "--model", "digits-cnn", *found["solution"]["flags"])
    assert again["macs"] == solution.solved.macs


def test_profile_tells_what_was_measured_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[ProfileRequest] = []
    time, peak = Timing(1e-3, 9e-4, 2e-3, 6), Interval(1e9, 1e9, 1e9)
    row = NetworkTime(Variant.DENSE, 0.0, 10, 20, 0, time, Interval(1.0, 1.0, math.inf))
    verdict = Verdict(Cause.ODD_WIDTHS, Subject.SPEED, None, "Nobody knows.", (), "", Confidence.CANNOT_TELL)
    machine = Machine(peak, peak, 1, 2)

    def measured(net: Network, request: ProfileRequest) -> Generator[Progress, None, Profile]:
        seen.append(request)
        yield Progress(0.5, "Timing")
        nothing: Any = ()
        times = (nothing, nothing, nothing, peak, nothing, nothing)
        return Profile(request, (row,), *times, machine, (), (), None, (verdict,), ("No ONNX.",))

    monkeypatch.setattr(profiling, "measured", measured)
    library = ("--backend", "depgraph", "--scope", "global", "--round-to", "8")
    words = ("--ratio", "0.3", "--amount", "60%", "--weights-scope", "global", *library)
    found = told(capsys, "profile", "--model", "digits-cnn", *words)
    request = seen[0]
    assert (request.ratio, request.amount) == (0.3, 0.6)
    assert (request.options.scope, request.options.round_to) == ("global", 8)
    assert request.native.scope == "global"
    assert found["networks"][0]["time"] == {"median": 1e-3, "low": 9e-4, "high": 2e-3, "runs": 6}
    assert found["networks"][0]["speedup"]["high"] is None  # JSON has no word for infinity
    assert found["verdicts"][0]["cause"] == "odd widths"
    assert commands.run(["profile", "--model", "digits-cnn", *words]) == 0
    assert "speed, odd widths (can't tell): Nobody knows.\nNo ONNX." in capsys.readouterr().out


def test_a_report_is_written_whole_and_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.html"
    words = ("report", "--model", "digits-cnn", "--ratio", "0.5", "--out", str(path))
    found = told(capsys, *words)
    text = path.read_text()
    assert f"{found['measured']['pruned']['macs']:,}" in text
    assert found["file"] == str(path)
    assert commands.run(words) == 1
    assert "is there already and is left as it is" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["run.html"]


def test_a_network_of_ones_own_is_named_as_where_the_app_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(own.VARIABLE, "{}")
    found = told(capsys, "plan", "--model", "./net.py:build", "--input", "1,3,9,9", "--ratio", "0.5")
    assert found["layers"] == {"0": [8, 4], "1": [4, 4]}
    own_flags = ("--model", "./net.py:build", "--input", "1,3,9,9")
    assert commands.run(["sensitivity", *own_flags, "--ratios", "0.5", "--macs", "60%"]) == 0
    again = shlex.split(capsys.readouterr().out.rpartition("To repeat: pruning-explorer ")[2])
    assert again[:5] == ["prune", *own_flags]
    assert told(capsys, "plan", *again[1:])["layers"]["0"][1] < 8
    assert commands.run(["plan", "--model", "digits-cnn", "--input", "1,3,9,9", "--ratio", "0.5"]) == 1
    assert "--model must be timm:NAME" in capsys.readouterr().err


def test_a_result_is_told_by_what_it_is_judged_by() -> None:
    mse = Yardstick("mse", "metric", "mse", "better by mse", is_share=False)
    assert judged(Evaluation(0.42, 0.42, 1, mse)) == "0.42 mse"
    assert judged(Evaluation(0.97, 0.1, 100)) == "97.0 % correct"


@pytest.mark.large
def test_measure_and_compare_tell_what_the_library_left(capsys: pytest.CaptureFixture[str]) -> None:
    measured = told(capsys, "measure", "--model", "digits-cnn", "--backend", "native", "--ratio", "0.5")
    assert measured["measured"]["pruned"]["nonzero"] == measured["nonzero"]
    assert measured["differences"] == []
    runs = ("--backend", "depgraph", "--scope", "global", "--round-to", "4", "--run", "native")
    compared = told(capsys, "compare", "--model", "digits-cnn", "--effective-macs", "50%", *runs)
    assert [run["backend"] for run in compared["runs"]] == ["depgraph", "native"]
    assert compared["runs"][1]["nonzero"] == measured["nonzero"]


@pytest.mark.parametrize("command", ["profile", "sensitivity"])
def test_a_library_without_groups_is_refused_where_they_are_the_subject(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run([command, "--model", "digits-cnn", "--backend", "native"]) == 1
    assert "Only groups of depgraph" in capsys.readouterr().err


class Terminal:
    """A stream that is one, or is not."""

    def __init__(self, live: bool) -> None:
        self.live, self.text = live, ""

    def isatty(self) -> bool:
        return self.live

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None: ...


@pytest.mark.parametrize("live, text", [(True, "\r\033[2K 50 % Pruning\r\033[2K"), (False, "Pruning\n")])
def test_progress_changes_one_line_on_a_terminal_and_is_plain_when_piped(live: bool, text: str) -> None:
    stream = Terminal(live)
    teller = Teller(stream)  # type: ignore[arg-type]
    teller.tell(Progress(0.5, "Pruning"))
    teller.end()
    assert stream.text == text


def _heeds_interruptions() -> None:
    """What a shell starts in the background ignores them, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.large
def test_an_interruption_leaves_nothing_half_written(tmp_path: Path) -> None:
    words = ["prune", "--model", "digits-resnet", "--ratio", "0.5", "--out", str(tmp_path / "net.pruned")]
    command = [sys.executable, "-m", "explorer", *words]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
        preexec_fn=_heeds_interruptions,
    ) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if line.startswith("Checking load.py"):
                run.send_signal(signal.SIGINT)
                break
        said = run.stderr.read()
    assert run.returncode == 130
    assert "Interrupted; nothing was left half written." in said
    assert list(tmp_path.iterdir()) == []
