"""Published numbers are found again by the libraries, and one that is not is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from explorer.process.steps import finished
from explorer.studies import reproduce as reproducing
from explorer.studies.reproduce import EXPERIMENTS, reproduce
from explorer.values import Progress
from explorer.values.errors import PruningError
from explorer.values.reproducing import Experiment, Published, Reproduced, Reproduction
from explorer.words.published import published

QUICK = (Experiment.RESNET18, Experiment.WIDE_SCOPES)


@pytest.mark.large
@pytest.mark.parametrize("experiment", QUICK)
def test_published_numbers_are_found_again(experiment: Experiment) -> None:
    found = finished(reproduce((experiment,)))
    assert [row.published for row in found.rows] == list(published((experiment,)))
    assert [row for row in found.rows if not row.passed] == []
    assert found.passed == len(found.rows) > 0


def test_every_number_names_its_source_and_belongs_to_an_experiment_that_runs() -> None:
    numbers = published()
    assert len(numbers) == 6 + 2 * 20 + 3 * 12 + 2 * (1 + 2 * 3) + 4 + 7
    assert all(number.source and number.differs for number in numbers)
    assert {number.experiment for number in numbers} == set(EXPERIMENTS) == set(Experiment)
    assert len({(n.experiment, n.network, n.figure) for n in numbers}) == len(numbers)


def number(expected: float, tolerance: float) -> Published:
    return Published(Experiment.FILES, "net", "figure", expected, "MB", tolerance, "source", "")


@pytest.mark.parametrize(
    "expected, tolerance, found, passed",
    [
        (102.5, 0.05, 102.54, True),
        (102.5, 0.05, 102.56, False),
        (12, 0, 12, True),
        (12, 0, 13, False),
        (12, 0, None, False),
    ],
)
def test_a_number_passes_within_half_of_its_last_digit(
    expected: float, tolerance: float, found: float | None, passed: bool
) -> None:
    row = Reproduced(number(expected, tolerance), found)
    assert row.passed is passed
    assert row.difference == (None if found is None else found - expected)


def test_rows_come_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = published((Experiment.FILES,))[:2]

    def two(subject: object) -> Iterator[tuple[str, float]]:
        yield first.figure, first.expected
        yield second.figure, second.expected + 1

    monkeypatch.setitem(EXPERIMENTS, Experiment.FILES, two)
    steps = list(progress_of((Experiment.FILES,)))
    assert [len(step.rows) for step in steps] == [0, 1, 2]
    assert [row.passed for row in steps[-1].rows] == [True, False]


def progress_of(experiments: tuple[Experiment, ...]) -> Iterator[Progress]:
    yield from reproduce(experiments)


def test_an_experiment_that_fails_leaves_its_rows_with_the_reason_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(subject: object) -> Iterator[tuple[str, float]]:
        raise PruningError("It cannot be pruned.")
        yield

    monkeypatch.setitem(EXPERIMENTS, Experiment.FILES, fails)
    found: Reproduction = finished(reproduce((Experiment.FILES, Experiment.RESNET18)))
    reasons = {row.problem for row in found.rows if row.published.experiment is Experiment.FILES}
    assert reasons == {"It cannot be pruned."}
    assert found.passed == len(published((Experiment.RESNET18,)))


def test_a_figure_that_was_not_found_is_told_and_one_that_nobody_published_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, *others = published((Experiment.FILES,))

    def one(subject: object) -> Iterator[tuple[str, float]]:
        yield "a figure that nobody published", 1.0
        yield first.figure, first.expected

    monkeypatch.setitem(EXPERIMENTS, Experiment.FILES, one)
    found = finished(reproduce((Experiment.FILES,)))
    assert [row.published for row in found.rows] == [first, *others]
    assert [row.found for row in found.rows] == [first.expected] + [None] * len(others)
    assert {row.problem for row in found.rows[1:]} == {"The experiment ran, and this figure was not found."}


def test_sizes_are_those_of_a_saved_file(tmp_path: Path) -> None:

    module = nn.Linear(1000, 1000, bias=False)
    file = tmp_path / "net.pt"
    torch.save(module.state_dict(), file)
    assert reproducing._megabytes(module) == pytest.approx(file.stat().st_size / 1e6, abs=1e-3)
