"""What belongs to one network is made once, kept with it, and bounded."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import ref

import pytest
import torch
from torch import nn

import explorer
from explorer.anatomy.data import DataSet
from explorer.backends import bench as benches
from explorer.backends.bench import PLANNERS, RANKED, Bench
from explorer.backends.depgraph import planner as depgraph_planner
from explorer.measuring.gradients import gather_gradients
from explorer.values import (
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    NativeOptions,
    Progress,
    SparseOptions,
)
from explorer.values.errors import NetworkError, PruningError, TimeError, UnknownNameError
from tests.helpers import toys


@pytest.fixture
def bench() -> Bench:
    return Bench(explorer.wrap(toys.Chain(), toys.example(2)))


@dataclass
class Maker:
    """Makes a part, or says why not, and counts how often it was asked."""

    refusal: PruningError | None = None
    asked: int = 0

    def __call__(self) -> object:
        self.asked += 1
        if self.refusal:
            raise self.refusal
        return object()


def test_a_part_is_made_on_first_use_and_then_kept(bench: Bench) -> None:
    make = Maker()
    assert not bench.known("part")
    assert bench.part("part", make) is bench.part("part", make)
    assert bench.known("part")
    assert bench.part("other", make) is not bench.part("part", make)
    assert make.asked == 2


def test_what_was_refused_is_refused_again_without_trying(bench: Bench) -> None:
    make = Maker(PruningError("It cannot be traced."))
    for _ in range(2):
        with pytest.raises(PruningError, match=r"^It cannot be traced\.$"):
            bench.part("part", make)
    assert make.asked == 1
    assert not bench.known("part")


def test_a_refusal_that_is_remembered_holds_nothing_of_what_was_tried(bench: Bench) -> None:
    held: list[ref[nn.Module]] = []

    def refuses() -> None:
        copied = toys.Chain()
        held.append(ref(copied))
        raise PruningError("It cannot run.")

    with suppress(PruningError):
        bench.part("part", refuses)
    gc.collect()
    assert held[0]() is None


def test_what_took_too_long_is_tried_again(bench: Bench) -> None:
    make = Maker(TimeError("Grouping took longer than 20 s."))
    for _ in range(2):
        with pytest.raises(TimeError, match="took longer than 20 s"):
            bench.part("part", make)
    assert make.asked == 2


def test_what_is_forgotten_is_made_anew_and_refusals_stay_known(bench: Bench) -> None:
    make, refused = Maker(), Maker(PruningError("No."))
    first, planner = bench.part("part", make), bench.planner("native", NativeOptions())
    with pytest.raises(PruningError, match=r"^No\.$"):
        bench.part("refused", refused)
    bench.forget()
    assert not bench.known("part")
    assert not bench.holds("native", NativeOptions())
    assert bench.part("part", make) is not first
    assert bench.planner("native", NativeOptions()) is not planner
    with pytest.raises(PruningError, match=r"^No\.$"):
        bench.part("refused", refused)
    assert refused.asked == 1


def test_a_planner_is_the_same_one_as_long_as_it_is_kept(bench: Bench) -> None:
    kept = bench.planner("depgraph", ChannelOptions())
    assert bench.holds("depgraph", ChannelOptions())
    assert not bench.holds("native", NativeOptions())
    assert bench.planner("depgraph", ChannelOptions()) is kept
    assert bench.planner("native", NativeOptions()) is not bench.planner("sparseml", SparseOptions())


def test_of_many_planners_those_that_were_used_last_are_kept(bench: Bench) -> None:
    options = [NativeOptions(seed=seed) for seed in range(PLANNERS + 1)]
    for one in options[:-1]:
        bench.planner("native", one)
    bench.planner("native", options[0])
    bench.planner("native", options[-1])
    assert [one.seed for one in options if not bench.holds("native", one)] == [1]


def test_all_planners_of_a_network_share_its_trace_and_its_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def counted(name: str) -> None:
        real = getattr(depgraph_planner, name)

        def noted(*args: object) -> object:
            called.append(name)
            return real(*args)

        monkeypatch.setattr(depgraph_planner, name, noted)

    for name in ("trace", "checked", "layer_costs"):
        counted(name)
    bench = Bench(explorer.wrap(toys.Residual(), toys.example()))
    for options in (
        ChannelOptions(ChannelCriterion.L1),
        ChannelOptions(),
        ChannelOptions(scope=ChannelScope.GLOBAL),
    ):
        assert bench.planner("depgraph", options).plan(0.5).params
    assert sorted(called) == ["checked", "layer_costs", "trace"]


@pytest.mark.parametrize("options", [ChannelOptions(), ChannelOptions(keep=("head",))])
def test_no_planner_of_a_network_that_is_coupled_wrongly_plans(options: ChannelOptions) -> None:
    bench = Bench(explorer.wrap(toys.Flipped(), toys.example()))
    for _ in range(2):
        with pytest.raises(PruningError, match="with half of them removed, the network's output differs"):
            bench.planner("depgraph", options).plan(0.1)


def test_a_part_that_was_refused_is_refused_again_with_its_class_and_its_option() -> None:
    bench = Bench(explorer.wrap(toys.Residual(), toys.example()))
    options = ChannelOptions(ChannelCriterion.TAYLOR)
    for _ in range(2):
        with pytest.raises(PruningError, match="passes labelled images through the network") as refused:
            bench.planner("depgraph", options).plan(0.5)
        assert refused.value.field == "criterion"


@dataclass
class Slow:
    """A planner that ranks in steps, and may break off."""

    net: object = None
    options: object = None
    steps: tuple[Progress, ...] = (Progress(0.25, "a"), Progress(None, "b"), Progress(0.75, "c"))
    refused: list[str] = field(default_factory=list)

    def rank(self) -> Iterator[Progress]:
        yield from self.steps
        if self.refused:
            raise PruningError(self.refused.pop())


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    planner = Slow()
    monkeypatch.setattr(benches, "resolved", lambda target: lambda bench, options: planner)
    return planner


@pytest.mark.usefixtures("slow")
def test_ranking_goes_on_for_as_long_as_it_may_and_stops_before_what_takes_longer(bench: Bench) -> None:
    in_moments = [bench.rank("native", NativeOptions(), 0.0) for _ in range(5)]
    assert [step.fraction for step in in_moments] == [0.25, None, 0.75, 1.0, 1.0]
    with_time = [bench.rank("native", NativeOptions(seed=1), 60.0) for _ in range(2)]
    assert [step.text for step in with_time] == ["b", RANKED.text]


def test_a_ranking_that_broke_off_begins_anew(bench: Bench, slow: Slow) -> None:
    slow.refused.append("Nothing can be pruned.")
    assert bench.rank("native", NativeOptions(), 60.0).text == "b"
    with pytest.raises(PruningError, match=r"^Nothing can be pruned\.$"):
        bench.rank("native", NativeOptions(), 60.0)
    assert not bench.holds("native", NativeOptions())
    assert bench.rank("native", NativeOptions(), 0.0).text == "a"


def test_a_ranked_planner_is_the_one_that_plans(bench: Bench) -> None:
    options = NativeOptions()
    while bench.rank("native", options, 0.0).fraction != 1:
        assert bench.holds("native", options)
    planner = bench.planner("native", options)
    assert planner.plan(0.5).nonzero < planner.plan(0.0).nonzero


def test_what_is_no_network_and_what_is_no_library_are_refused(bench: Bench) -> None:
    with pytest.raises(NetworkError, match="Expected a Network, got Chain"):
        Bench(toys.Chain())  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="Unknown backend 'magic'. Known backends: native"):
        bench.planner("magic", ChannelOptions())


def test_gradients_are_gathered_once_for_all_planners_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = []

    def gathered(module: torch.nn.Module, data: DataSet | None, criterion: ChannelCriterion) -> object:
        passed.append(criterion)
        return gather_gradients(module, data, criterion)

    monkeypatch.setattr(depgraph_planner, "gather_gradients", gathered)
    bench = Bench(explorer.load("digits-cnn"))
    for scope in ChannelScope:
        assert bench.planner("depgraph", ChannelOptions(ChannelCriterion.TAYLOR, scope)).plan(0.5).params
    assert passed.count(ChannelCriterion.TAYLOR) == 1


def test_a_part_can_be_made_a_moment_at_a_time(bench: Bench) -> None:
    def steps() -> Generator[Progress, None, str]:
        yield Progress(0.2, "a")
        yield Progress(0.7, "b")
        return "made"

    moments = [bench.go_on("part", steps, 0.0) for _ in range(3)]
    assert [(progress.fraction, part) for progress, part in moments] == [
        (0.2, None),
        (0.7, None),
        (1.0, "made"),
    ]
    assert bench.go_on("part", steps, 0.0) == moments[-1]
    assert bench.go_on("other", steps, 60.0) == moments[-1]
    bench.go_on("third", steps, 0.0)
    bench.forget()
    assert bench.go_on("third", steps, 0.0)[0].text == "a"


def test_a_part_whose_making_raised_is_begun_anew(bench: Bench) -> None:
    asked: list[int] = []

    def steps() -> Generator[Progress, None, str]:
        asked.append(1)
        yield Progress(0.5, "half")
        raise TimeError("too late")

    for _ in range(2):
        assert bench.go_on("part", steps, 0.0)[0].text == "half"
        with pytest.raises(TimeError, match="too late"):
            bench.go_on("part", steps, 0.0)
    assert len(asked) == 2
