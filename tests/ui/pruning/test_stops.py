"""What each stop of a slider leaves is told to the browser beforehand, and is what the plan there leaves."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer.engine import answers, calls
from explorer.studies.apply import plan_at
from explorer.values import ChannelOptions, ChannelScope, NativeOptions, Plan, SparseOptions
from explorer.values.errors import PruningError
from explorer.words import formats
from tests.helpers.pages import RESNET, component_data, open_app, plan_figures
from tests.helpers.plans import channel_plan, mask_plan, recipe_plan

STOPS = tuple(round(stop / 100, 2) for stop in range(96))


def stops(app: AppTest) -> list[dict[str, Any]]:
    (told,) = component_data(app, "explorer_plan_stops")
    found: list[dict[str, Any]] = json.loads(told["stops"])
    return found


def figures(stop: dict[str, Any]) -> dict[str, str]:
    return {one["label"]: one["value"] for one in stop["figures"]}


@pytest.mark.parametrize("scope", [ChannelScope.LOCAL, ChannelScope.GLOBAL])
def test_every_stop_shows_the_figures_and_the_widths_of_its_plan(scope: ChannelScope) -> None:
    told = stops(open_app("depgraph_pruning", scope=scope))
    assert len(told) == len(STOPS)
    for ratio, stop in zip(STOPS, told, strict=True):
        plan = channel_plan(RESNET, ChannelOptions(scope=scope), ratio)
        assert figures(stop)["Parameters"] == formats.count(plan.params)
        assert figures(stop)["MACs"] == formats.count(plan.macs)
        full = {about.split(":")[0]: share for _, share, _, about, _ in stop["drawn"]}
        left = {row.name: row.width / row.width_before for row in plan.layers if row.width_before}
        assert full == {name: left[name] for name in full}
        assert [mark["text"] for mark in stop["marks"]][1:] == whole(
            plan.lost.count(0), len(plan.lost), ratio
        )


def test_every_stop_of_masks_tells_the_non_zeros_of_each_masked_layer() -> None:
    app = open_app("pytorch_native")
    (bars,) = component_data(app, "explorer_layer_bars")
    told = stops(app)
    assert len(told) == 101
    for ratio, stop in ((0, told[0]), (0.37, told[37]), (1.0, told[100])):
        rows = [row for row in mask_plan(RESNET, NativeOptions(), ratio).layers if row.maskable]
        assert [(row.name, row.params) for row in rows] == [
            (one["name"], one["values"]) for one in bars["layers"]
        ]
        assert stop["drawn"] == [row.nonzero for row in rows]


def test_every_stop_of_a_recipe_shows_its_plan_with_the_initial_sparsity_capped() -> None:
    app = open_app("sparseml", sparse_init_sparsity="0.3", sparse_open="true")
    told = stops(app)
    assert len(told) == 100
    for final in (0.1, 0.3, 0.8, 0.99):
        plan = recipe_plan(RESNET, SparseOptions(init_sparsity=min(0.3, final), final_sparsity=final))
        stop = told[round(100 * final)]
        assert figures(stop)["Non-zeros"] == formats.count(plan.nonzero)
        assert stop["drawn"] == [row.nonzero for row in plan.layers if row.maskable]
    assert figures(told[80]) == plan_figures(app)


def test_stops_of_a_recipe_stay_below_its_initial_sparsity_and_go_with_other_options() -> None:
    app = open_app("sparseml", sparse_init_sparsity="0.3", sparse_final_sparsity="0.2", sparse_open="true")
    (below,) = component_data(app, "explorer_plan_stops")
    app.session_state["sparse_final_sparsity"] = 0.9
    (above,) = component_data(app.run(), "explorer_plan_stops")
    assert above == below
    app.selectbox(key="sparse_mask_type").set_value("block4").run()
    (other,) = component_data(app, "explorer_plan_stops")
    (shown,) = component_data(app, "explorer_plan_figures")
    assert shown["of"] == other["of"] != above["of"]


def test_a_recipe_without_a_slider_has_no_stops() -> None:
    assert component_data(open_app("sparseml", sparse_modifier="Constant"), "explorer_plan_stops") == []


def whole(kept: int, groups: int, ratio: float) -> list[str]:
    return [f"{kept} of {groups} groups left whole"] if kept and ratio else []


def test_the_stop_where_the_slider_stands_shows_what_the_page_shows() -> None:
    for name, place, most in (("depgraph_pruning", 30, 95), ("pytorch_native", 50, 100)):
        app = open_app(name)
        assert len(stops(app)) == most + 1
        assert figures(stops(app)[place]) == plan_figures(app)


def test_stops_of_other_options_are_not_those_of_the_figures() -> None:
    app = open_app("depgraph_pruning")
    (before,) = component_data(app, "explorer_plan_stops")
    app.segmented_control(key="scope").set_value("global").run()
    (after,) = component_data(app, "explorer_plan_stops")
    (shown,) = component_data(app, "explorer_plan_figures")
    assert shown["of"] == after["of"] != before["of"]
    assert after["stops"] != before["stops"]


def test_where_planning_takes_long_the_page_alone_says_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "plans", lambda *asked: ())
    app = open_app("depgraph_pruning")
    assert component_data(app, "explorer_plan_stops") == []
    assert plan_figures(app)["Parameters"] == formats.count(
        channel_plan(RESNET, ChannelOptions(), 0.3).params
    )


def test_a_count_has_no_stops() -> None:
    app = open_app("pytorch_native", native_unit="count")
    assert component_data(app, "explorer_plan_stops") == []


def test_plans_at_several_ratios_are_those_at_each() -> None:
    for backend, options in (("depgraph", ChannelOptions()), ("native", NativeOptions())):
        found = calls.plans(RESNET, backend, options, (0.0, 0.3, 0.9))
        assert found == tuple(calls.plan(RESNET, backend, options, ratio) for ratio in (0.0, 0.3, 0.9))


def test_a_ratio_that_is_refused_has_no_plan_and_the_others_have(monkeypatch: pytest.MonkeyPatch) -> None:
    def but_one(planner: Any, ratio: Any) -> Plan:
        if ratio == 0.3:
            raise PruningError("Not here.")
        return plan_at(planner, ratio)

    monkeypatch.setattr("explorer.engine.answers.plan_at", but_one)
    monkeypatch.setattr(answers, "ALL_PLANS", 600.0)  # seconds; the first plan ranks
    found = answers.plans(RESNET, "depgraph", ChannelOptions(), (0.2, 0.3, 0.4))
    assert [plan and plan.ratio for plan in found] == [0.2, None, 0.4]


def test_one_plan_that_takes_long_does_not_take_the_others_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_once(planner: Any, ratio: Any) -> Plan:
        if ratio == 0.3:
            time.sleep(3 * answers.ALL_PLANS / 4)
        return plan_at(planner, ratio)

    monkeypatch.setattr("explorer.engine.answers.plan_at", slow_once)
    answers.plan(RESNET, "depgraph", ChannelOptions(), 0.2)  # ranks, in this process
    found = answers.plans(RESNET, "depgraph", ChannelOptions(), (0.2, 0.3, 0.4, 0.5, 0.6))
    assert [plan and plan.ratio for plan in found] == [0.2, 0.3, 0.4, 0.5, 0.6]


def test_plans_that_take_too_long_are_left_to_the_slider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ALL_PLANS", -1.0)  # seconds
    assert answers.plans(RESNET, "depgraph", ChannelOptions(), (0.2, 0.3, 0.4, 0.5)) == ()
