"""An engine serves many sessions for days: its memory must not grow with the networks that it has seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import psutil
import pytest
import torch

from explorer.engine import answers, benches
from explorer.engine.benches import NETWORKS, bench, bench_for
from explorer.process.engine import EngineProcess, EngineSettings
from explorer.process.frames import Request
from explorer.values import (
    ChannelCriterion,
    ChannelOptions,
    ChannelPlan,
    ChannelScope,
    NativeOptions,
    NetworkSpec,
    Weights,
    WeightScope,
)
from explorer.values.errors import DownloadError, NetworkError, PruningError, UnknownNameError
from tests.helpers.planning import BUNDLED

CNN, VIT, MOBILENET, DENSENET = (
    NetworkSpec(f"digits-{name}", Weights.TRAINED) for name in ("cnn", "vit", "mobilenet", "densenet")
)
TORCHVISION = ("resnet18", "squeezenet1_1")
SECONDS = 60.0  # for one call


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    process = EngineProcess(EngineSettings())
    yield process
    process.stop()


def opened(engine: EngineProcess, specs: Sequence[NetworkSpec]) -> int:
    """Look at each network on every page; bytes that their weights take."""
    size = 0
    for spec in specs:
        size += engine.call(Request("summary", (spec,)), SECONDS).bytes
        assert engine.call(Request("graph", (spec,)), SECONDS).groups
        options = ChannelOptions(scope=ChannelScope.GLOBAL)
        assert engine.call(Request("plan", (spec, "depgraph", options, 0.5)), SECONDS).params
        masks = NativeOptions(scope=WeightScope.GLOBAL)
        assert engine.call(Request("plan", (spec, "native", masks, 0.5)), SECONDS).nonzero
    return size


def test_eleven_networks_leave_no_more_memory_behind_than_seven(engine: EngineProcess) -> None:
    """The last four are the torchvision ones with other weights, so the caches hold as much at the end as before."""
    random = [[NetworkSpec(name, Weights.RANDOM, seed) for name in TORCHVISION] for seed in (0, 1, 2)]
    opened(engine, [NetworkSpec(name, Weights.TRAINED) for name in BUNDLED] + random[0])
    before = resident(engine)
    weights = opened(engine, random[1] + random[2])
    # Caches without bounds would keep each network, its graph and its planners: over three times the weights.
    assert resident(engine) - before < 1.5 * weights


def resident(engine: EngineProcess) -> int:
    """Bytes of memory that the process holds."""
    return int(psutil.Process(engine.pid).memory_info().rss)


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept yet, and however much other tests hold in this process, there is room."""
    monkeypatch.setattr(benches, "_benches", OrderedDict())
    monkeypatch.setattr(benches, "ROOM", float("inf"))


@pytest.mark.usefixtures("roomy")
def test_a_network_is_loaded_once_with_all_that_was_made_of_it() -> None:
    kept = bench(CNN)
    kept.part("part", lambda: 1)
    assert bench(CNN) is kept
    assert bench_for(CNN, "depgraph", ChannelOptions()) is kept
    assert bench(CNN).known("part")


@pytest.mark.usefixtures("roomy")
def test_the_networks_that_were_used_last_are_kept() -> None:
    first, _ = bench(CNN), bench(VIT)
    assert len([bench(spec) for spec in (MOBILENET, CNN, DENSENET)]) == NETWORKS
    assert bench(CNN) is first
    assert list(benches._benches) == [MOBILENET, DENSENET, CNN]


@pytest.mark.usefixtures("roomy")
def test_a_full_engine_forgets_the_other_networks_before_it_loads_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers.plan(CNN, "depgraph", ChannelOptions(), 0.5)
    monkeypatch.setattr(benches, "ROOM", 0)
    answers.plan(VIT, "depgraph", ChannelOptions(), 0.5)
    assert list(benches._benches) == [VIT]


@pytest.mark.usefixtures("roomy")
def test_a_full_engine_forgets_what_it_made_before_it_makes_another_planner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    masks, channels = NativeOptions(), ChannelOptions()
    before = [answers.plan(spec, "depgraph", channels, 0.5) for spec in (CNN, VIT)]
    monkeypatch.setattr(benches, "ROOM", 0)
    assert answers.plan(CNN, "depgraph", channels, 0.5) == before[0]
    assert bench(CNN).known("trace")  # a planner that is kept asks for no room
    assert bench(VIT).holds("depgraph", channels)
    answers.plan(CNN, "native", masks, 0.5)
    assert list(benches._benches) == [VIT, CNN]
    assert not bench(CNN).known("trace")
    assert not bench(CNN).holds("depgraph", channels)
    assert not bench(VIT).holds("depgraph", channels)
    assert bench(CNN).holds("native", masks)
    assert answers.plan(VIT, "depgraph", channels, 0.5) == before[1]


@pytest.mark.usefixtures("roomy")
def test_a_network_that_was_forgotten_and_loaded_again_is_still_scored_by_gradients() -> None:
    """Its trace goes with it, since that means the layers of the one that was traced."""
    answers.plan(CNN, "depgraph", ChannelOptions(), 0.5)
    old = bench(CNN)
    for spec in (VIT, MOBILENET, DENSENET):
        bench(spec)
    plan = answers.plan(CNN, "depgraph", ChannelOptions(ChannelCriterion.TAYLOR), 0.5)
    assert bench(CNN) is not old
    assert bench(CNN).net is not old.net
    assert isinstance(plan, ChannelPlan)
    assert any(group.removed for group in plan.groups)


@pytest.mark.usefixtures("roomy")
def test_what_was_refused_once_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[torch.nn.Module] = []

    def refuses(module: torch.nn.Module, example: torch.Tensor) -> object:
        tried.append(module)
        raise PruningError("It cannot be traced.")

    monkeypatch.setattr("explorer.backends.depgraph.planner.trace", refuses)
    for options in (ChannelOptions(), ChannelOptions(scope=ChannelScope.GLOBAL)):
        with pytest.raises(PruningError, match=r"^It cannot be traced\.$"):
            answers.plan(CNN, "depgraph", options, 0.5)
    with pytest.raises(PruningError, match=r"^It cannot be traced\.$"):
        answers.graph(CNN)
    assert tried == [bench(CNN).net.module]
    assert answers.plan(CNN, "native", NativeOptions(), 0.5).nonzero  # what needs no trace goes on


@pytest.mark.usefixtures("roomy")
def test_weights_that_are_not_here_or_no_numbers_are_told_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(DownloadError, match="The pretrained weights of 'resnet18' are not on this machine"):
        bench(NetworkSpec("resnet18", Weights.PRETRAINED))
    broken = bench(CNN).net
    monkeypatch.setattr("explorer.sources.load_spec", lambda spec: broken)
    with torch.no_grad():
        next(broken.module.parameters()).fill_(float("nan"))
    with pytest.raises(NetworkError, match="NaN or infinite"):
        bench(VIT)
    assert list(benches._benches) == [CNN]


@pytest.mark.usefixtures("roomy")
def test_a_group_that_is_not_there_is_refused() -> None:
    groups = len(answers.graph(CNN).groups)
    with pytest.raises(UnknownNameError, match=rf"has groups 0 to {groups - 1}, got {groups}\."):
        answers._group(CNN, groups)
