"""Carrying a plan out and measuring it, whichever library prunes: differences are told, progress never goes back."""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from typing import Any, cast

import pytest

import explorer
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.backends import DEPGRAPH, NATIVE, SPARSEML
from explorer.backends.base import Planner, plain
from explorer.backends.bench import Bench
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.measuring.evaluation import BATCH
from explorer.process import island
from explorer.studies import measure as measuring
from explorer.studies.apply import apply_and_measure, plan_at, prune_and_train
from explorer.values import (
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    FineTune,
    MaskPlan,
    NativeOptions,
    Progress,
    Report,
    SparseOptions,
    WeightScope,
)
from tests.helpers.present import present

needs_island = pytest.mark.skipif(bool(island.why_missing()), reason="SparseML is not set up")
OPTIONS = [
    (DEPGRAPH, ChannelOptions(ChannelCriterion.TAYLOR, ChannelScope.GLOBAL, steps=3)),
    (NATIVE, NativeOptions(scope=WeightScope.GLOBAL)),
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SECONDS", 0.0)


@cache
def network() -> Network:
    return explorer.load("digits-cnn")


def planner_of(key: str, options: Any) -> Planner[Any]:
    return Bench(network()).planner(key, options)


def followed(run: Generator[Progress, None, Report]) -> tuple[list[float], Report]:
    """How far a run said that it was, wherever it knew, and its report."""
    fractions: list[float] = []
    while True:
        try:
            said = next(run).fraction
        except StopIteration as end:
            return fractions, end.value
        fractions += [] if said is None else [said]


def reported(planner: Planner[Any], ratio: float | None = 0.5) -> Report:
    return followed(apply_and_measure(planner, ratio))[1]


@pytest.mark.parametrize("key, options", OPTIONS)
def test_progress_never_goes_back(key: str, options: Any) -> None:
    runs = (
        apply_and_measure(planner_of(key, options), 0.5),
        prune_and_train(planner_of(key, options), 0.5, FineTune(epochs=1)),
    )
    for run in runs:
        fractions, _ = followed(run)
        assert len(fractions) > 4
        assert fractions == sorted(fractions)
        assert fractions[-1] <= 1


@needs_island
def test_sparsemls_plan_is_what_its_process_leaves() -> None:
    planner = planner_of(SPARSEML, SparseOptions())
    report = reported(planner)
    assert report.plan == plain(planner.plan(0.5))
    assert report.plan_is_library
    assert report.seconds == cast(SparsePlanner, planner).spent > 0
    assert report.pruned.layers == layer_outcomes(network(), planner.sketch(planner.plan(0.5)))
    assert report.evidence is None


def test_an_estimate_is_held_against_the_library_by_widths() -> None:
    options = ChannelOptions(ChannelCriterion.TAYLOR, ChannelScope.GLOBAL, steps=3)
    report = reported(planner_of(DEPGRAPH, options), 0.6)
    planned = {row.name: row.width for row in report.plan.layers}
    other = {row.name: row.width for row in report.pruned.layers if row.width != planned[row.name]}
    assert other
    for layer, width in other.items():
        assert (
            f"'{layer}': planned to keep {planned[layer]} channels, the library left {width}."
            in report.differences
        )
    assert len([sentence for sentence in report.differences if "planned to keep" in sentence]) == len(other)
    assert not report.plan_is_library


def test_an_estimate_whose_widths_are_exact_differs_in_nothing() -> None:
    """Scored anew in between, other channels may go: that is no difference, since none were named."""
    report = reported(planner_of(DEPGRAPH, ChannelOptions(ChannelCriterion.L1, steps=3)), 0.6)
    assert report.plan.estimate
    assert report.differences == ()


@pytest.mark.parametrize("key, options", [(DEPGRAPH, ChannelOptions()), (NATIVE, NativeOptions())])
def test_what_the_library_did_otherwise_is_told(
    key: str, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = planner_of(key, options)
    monkeypatch.setattr(type(planner), "apply", lambda made, *_: made.sketch(made.plan(0.25)))
    monkeypatch.setattr("explorer.studies.apply.resolved", lambda target: lambda *_: None)
    report = reported(planner)
    what = "planned with shape" if key == DEPGRAPH else "values differ from the plan"
    assert any(what in sentence for sentence in report.differences)
    planned, counted = report.plan, report.pruned
    sentence = f"Planned {planned.nonzero:,} non-zero parameters, the pruned network has {counted.nonzero:,}."
    assert sentence in report.differences


def test_amounts_are_what_the_library_takes() -> None:
    native, sparse = planner_of(NATIVE, NativeOptions()), planner_of(SPARSEML, SparseOptions())
    layers = sum(maskable > 0 for maskable in native.plan(0.0).maskable)
    assert sum(cast(MaskPlan, plan_at(native, 3)).layer_masked) == 3 * layers
    assert plan_at(native, 0.5) == native.plan(0.5)
    assert plan_at(sparse, None) == sparse.plan(0.8)


def test_it_tells_how_many_test_images_were_judged() -> None:
    planner = planner_of(NATIVE, NativeOptions())
    told = [said.text for said in apply_and_measure(planner, 0.5)]
    images = len(present(network().data).test_y)
    for what in ("the dense network", "the pruned copy"):
        counts = [text for text in told if text.startswith(f"Measuring how well {what} does: ")]
        assert counts[0].endswith(f": {BATCH} of {images} test images")
        assert f"Measuring how well {what} does: {images} of {images} test images" in counts
