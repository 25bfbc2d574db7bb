"""An engine serves many sessions for days: its memory must not grow with the networks that it has seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psutil
import pytest

from explorer.engine import kept
from explorer.process.engine import EngineProcess, EngineSettings
from explorer.process.frames import Request
from explorer.values import Criterion, NativeOptions, NetworkSpec, PruningOptions, Scope, Weights, WeightScope

BUNDLED = ("digits-cnn", "digits-resnet", "digits-densenet", "digits-mobilenet", "digits-vit")
TORCHVISION = ("resnet34", "mobilenet_v2", "resnet18", "mnasnet0_5", "squeezenet1_1")
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
        options = PruningOptions(scope=Scope.GLOBAL)
        assert engine.call(Request("plan", (spec, options, 0.5)), SECONDS).params
        masks = NativeOptions(scope=WeightScope.GLOBAL)
        assert engine.call(Request("native_plan", (spec, masks, 0.5)), SECONDS).nonzero
    return size


def test_twenty_networks_leave_no_more_memory_behind_than_ten(engine: EngineProcess) -> None:
    """The second ten are the torchvision ones with other weights, so the caches hold as much at the end as before."""
    random = [[NetworkSpec(name, Weights.RANDOM, seed) for name in TORCHVISION] for seed in (0, 1, 2)]
    opened(engine, [NetworkSpec(name, Weights.TRAINED) for name in BUNDLED] + random[0])
    before = resident(engine)
    weights = opened(engine, random[1] + random[2])
    # Caches without bounds would keep each network, its graph and its planners: over three times the weights.
    assert resident(engine) - before < 1.5 * weights


def resident(engine: EngineProcess) -> int:
    """Bytes of memory that the process holds."""
    return int(psutil.Process(engine.pid).memory_info().rss)


def test_a_full_engine_forgets_the_other_networks_before_it_loads_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = NetworkSpec("digits-cnn", Weights.TRAINED)
    kept.planner(first, PruningOptions())
    assert kept.network.cache_info().currsize
    monkeypatch.setattr(kept, "ROOM", 0)
    kept.planner(NetworkSpec("digits-vit", Weights.TRAINED), PruningOptions())
    assert kept.network.cache_info().currsize == 1
    assert kept.graph.cache_info().currsize == kept.native.cache_info().currsize == 0


def test_a_network_that_was_forgotten_and_loaded_again_is_still_scored_by_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its trace is kept longer than the network, and means the layers of the one that was traced."""
    monkeypatch.setattr(kept, "ROOM", float("inf"))  # whatever other tests hold in this process
    net = NetworkSpec("digits-cnn", Weights.TRAINED)
    kept.planner(net, PruningOptions())
    for name in ("digits-vit", "digits-mobilenet", "digits-densenet"):
        kept.summary(NetworkSpec(name, Weights.TRAINED))
    assert kept.network(net) is not kept.traced(net)[0]
    assert any(kept.planner(net, PruningOptions(Criterion.TAYLOR)).counts(0.5).lost)
