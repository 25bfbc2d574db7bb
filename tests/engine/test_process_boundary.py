"""The real functions behind the process boundary: sessions apart, hungry networks contained."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer import engine
from explorer.engine import calls
from explorer.process.engine import EngineSettings
from explorer.process.limits import GIB
from explorer.process.pool import EnginePool
from explorer.values import (
    ChannelOptions,
    ChannelScope,
    JobStatus,
    NetworkSpec,
    Report,
    Weights,
)
from explorer.values.errors import EngineError, PruningError
from tests.helpers.processes import gone, until

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)


def finished(job_id: str, seconds: float) -> JobStatus:
    """Watch a run as a page does, until it is over."""
    assert until(lambda: calls.job(job_id).over, seconds), calls.job(job_id)
    return calls.job(job_id)


def test_two_sessions_that_drag_at_once_each_see_their_own_plan() -> None:
    sessions = {0.3: ChannelOptions(scope=ChannelScope.LOCAL), 0.7: ChannelOptions(scope=ChannelScope.GLOBAL)}
    alone = {ratio: calls.plan(RESNET, "depgraph", options, ratio) for ratio, options in sessions.items()}
    assert alone[0.3].params > alone[0.7].params

    def drag(ratio: float) -> list[bool]:
        return [calls.plan(RESNET, "depgraph", sessions[ratio], ratio) == alone[ratio] for _ in range(50)]

    with ThreadPoolExecutor() as threads:
        assert list(threads.map(all, threads.map(drag, sessions))) == [True, True]


def test_two_sessions_that_apply_at_once_each_get_their_own_network() -> None:
    runs = {ratio: calls.apply.start(RESNET, "depgraph", ChannelOptions(), ratio) for ratio in (0.25, 0.5)}
    for ratio, job_id in runs.items():
        report = finished(job_id, seconds=90).result
        assert isinstance(report, Report)
        assert report.plan == calls.plan(RESNET, "depgraph", ChannelOptions(), ratio)
        assert report.plan_is_library
        assert report.pruned.params == report.plan.params


def test_an_engine_killed_under_a_page_is_replaced_and_rebuilds_what_it_held() -> None:
    before = calls.plan(RESNET, "depgraph", ChannelOptions(), 0.5)
    pids = engine.pool().pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: all(map(gone, pids)))
    assert calls.plan(RESNET, "depgraph", ChannelOptions(), 0.5) == before


def test_a_network_larger_than_the_limit_is_told_and_the_next_one_works() -> None:
    pool = EnginePool(1, EngineSettings(memory=3 * GIB // 4))
    try:
        with pytest.raises(EngineError, match=r"needed more memory.*\(0\.75 GB\).*raise EXPLORER_ENGINE"):
            pool.call("summary", NetworkSpec("vgg16", Weights.RANDOM))
        assert pool.call("summary", RESNET).classes == 10
    finally:
        pool.close()


def test_a_plan_of_a_bundled_network_is_answered_within_ten_milliseconds() -> None:
    assert until(lambda: calls.prepare(RESNET, "depgraph", ChannelOptions()).fraction == 1)

    def seconds() -> float:
        started = time.perf_counter()
        for step in range(50):
            calls.plan(RESNET, "depgraph", ChannelOptions(), step / 100)
        return time.perf_counter() - started

    assert min(seconds() for _ in range(3)) < 50 * 0.010


def test_a_refusal_names_its_option_to_the_page() -> None:
    layers = tuple(row.name for row in calls.summary(RESNET).layers if row.weight_shape)
    for options, field in (
        (ChannelOptions(keep=layers), "keep"),
        (ChannelOptions(overrides=(("head", 0.5),)), "overrides"),
    ):
        with pytest.raises(PruningError, match="is to be kept|cannot have a ratio of its own") as refused:
            calls.plan(RESNET, "depgraph", options, 0.5)
        assert refused.value.field == field
