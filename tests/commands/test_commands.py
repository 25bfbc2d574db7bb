"""The command line's figures are the API's; its budgets, statuses and words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import explorer
from explorer import commands
from explorer.backends import BACKENDS, fields_of
from explorer.backends.codec import flag
from explorer.bundles.checking import Elsewhere, answers_same
from explorer.commands.budgets import share_of
from explorer.commands.telling import Teller
from explorer.exports.plan import plan_object
from explorer.values import Budget, Progress
from explorer.values.errors import ExportError, PruningError
from tests.helpers.bundles import nothing_checked
from tests.helpers.paths import ROOT

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


@pytest.mark.parametrize("text", ["half", "0.5", "8MB", "%", "-3", "1e9"])
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


@pytest.mark.parametrize(
    "words", [("--pattern", "structured"), ("--backend", "nope"), ("--macs", "50%", "--ratio", "1")]
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


@pytest.mark.large
def test_measure_and_compare_tell_what_the_library_left(capsys: pytest.CaptureFixture[str]) -> None:
    measured = told(capsys, "measure", "--model", "digits-cnn", "--backend", "native", "--ratio", "0.5")
    assert measured["measured"]["pruned"]["nonzero"] == measured["nonzero"]
    assert measured["differences"] == []
    runs = ("--run", "depgraph --scope global --round-to 4", "--run", "native")
    compared = told(capsys, "compare", "--model", "digits-cnn", "--effective-macs", "50%", *runs)
    assert [run["backend"] for run in compared["runs"]] == ["depgraph", "native"]
    assert compared["runs"][1]["nonzero"] == measured["nonzero"]


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
