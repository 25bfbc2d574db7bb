"""What is on screen goes on: to a ratio that meets a budget, to Compare, Profile and Behaviour."""

from __future__ import annotations

import pytest

from explorer.backends import DEPGRAPH, NATIVE, backend_of
from explorer.engine import calls
from explorer.ui.shell import jobs
from explorer.values import (
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    NativeOptions,
    NetworkSpec,
    Weights,
    WeightScope,
)
from explorer.values.comparing import Contender
from tests.helpers.pages import open_app

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)


@pytest.mark.parametrize(
    ("page", "prefix", "budget", "figure"),
    [("depgraph_pruning", "", "MACs", "macs"), ("pytorch_native", "native_", "non-zeros", "nonzero")],
)
def test_a_budget_moves_the_slider_to_the_ratio_that_meets_it(
    page: str, prefix: str, budget: str, figure: str
) -> None:
    app = open_app(page, network=CNN.name)
    app.selectbox(key=f"{prefix}to_budget").select(budget)
    app.number_input(key=f"{prefix}to_budget_keep").set_value(40)
    app.button(key=f"{prefix}to_budget_set").click().run()
    assert not app.exception
    amount = "native_amount" if prefix else "ratio"
    ratio = app.session_state[amount]
    backend, options = (NATIVE, NativeOptions()) if prefix else (DEPGRAPH, ChannelOptions())
    dense = getattr(calls.plan(CNN, backend, options, 0.0), figure)
    off = {
        stop / 100: abs(getattr(calls.plan(CNN, backend, options, stop / 100), figure) - 0.4 * dense)
        for stop in range(96)
    }
    assert off[ratio] == min(off.values())
    share = 100 * getattr(calls.plan(CNN, backend, options, ratio), figure) / dense
    asked = "amount" if prefix else "ratio"
    told = f"Closest to 40 % of the {budget}: {asked} {ratio:.2f}, which leaves {share:.1f} %."
    assert told in [one.value for one in app.caption]
    app.session_state[amount] = 0.9
    assert told not in [one.value for one in app.run().caption]


def test_a_run_starts_though_its_page_is_left_before_it_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began: list[tuple[str, str]] = []

    def start(name: str, run: jobs.AnyRun, *_: object) -> bool:
        began.append((name, str(run)))
        return True

    monkeypatch.setattr(jobs, "start", start)
    app = open_app("depgraph_pruning", network=CNN.name, ratio="0.30")
    app.button(key="apply").click()
    app.switch_page("pages/runs.py").run()
    app.switch_page("pages/depgraph_pruning.py").run()
    assert [name for name, _ in began] == [backend_of(DEPGRAPH).run]
    assert began[0][1].startswith("digits-cnn with trained weights, ratio 0.30")


def test_options_go_to_compare_and_to_profile_and_what_stays_behind_is_named() -> None:
    app = open_app(
        "depgraph_pruning",
        network=CNN.name,
        criterion="Taylor",
        scope="global",
        ratio="0.30",
        max_ratio="0.6",
    )
    app.button(key="to_compare").click().run()
    sent = Contender(DEPGRAPH, ChannelOptions(ChannelCriterion.TAYLOR, ChannelScope.GLOBAL), 0.3)
    assert app.session_state["compare"][-1] == sent
    assert any("Compare leaves out maximum ratio" in told.value for told in app.caption)
    app.button(key="to_profile").click().run()
    app.switch_page("pages/profile.py").run()
    assert not app.exception
    assert app.slider(key="profile_ratio_slider").value == 0.3
    assert app.segmented_control(key="profile_criterion").value == "Taylor"
    assert app.segmented_control(key="profile_scope").value == "global"


def test_native_options_go_along_too_and_to_behaviour() -> None:
    app = open_app("pytorch_native", network=CNN.name, native_scope="global", native_amount="0.60")
    app.button(key="native_to_compare").click().run()
    assert app.session_state["compare"][-1] == Contender(NATIVE, NativeOptions(scope=WeightScope.GLOBAL), 0.6)
    app.button(key="native_to_behaviour").click().run()
    app.button(key="native_to_profile").click().run()
    app.switch_page("pages/profile.py").run()
    assert app.slider(key="profile_amount_slider").value == 0.6
    assert app.segmented_control(key="profile_weights").value == "global"
    app.switch_page("pages/behaviour.py").run()
    assert not app.exception
    assert app.selectbox(key="behaviour_library").value == "PyTorch native"
    assert app.selectbox(key="behaviour_native_scope").value == "global"
    assert app.session_state["native_amount"] == 0.6
