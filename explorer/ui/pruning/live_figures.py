"""The figures of a plan in the page: where every stop of the slider is known, they follow it in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from explorer.backends import backend_of
from explorer.drawing.interactive import script
from explorer.engine import calls
from explorer.ui.pruning.figures import Shown
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import assets
from explorer.values import Plan

_CSS, _TELLS = assets.text("plan_figures.css"), assets.text("plan_stops.js")
_JS = f"{script('dom', 'put')}\n{assets.text('plan_figures.js')}"
_HTML = '<div class="plan-figures"><div class="plan-marks"></div><div class="plan-cells"></div></div>'
_STOPS = "plan_stops"  # in the session
_STEP = 0.01  # of a slider


def show_figures(now: Shown, run: PruningRun | None = None, drawing: str = "") -> None:
    """Draw them.

    Args:
        now: what the plan of this moment leaves.
        run: whose slider is followed; None: what is drawn waits for Python.
        drawing: the key of what is drawn beside them, which they tell what is left.
    """
    mount = st.components.v2.component(
        "explorer_plan_figures",
        html=_HTML,
        css=_CSS,
        js=_JS,
        isolate_styles=False,
    )
    follows = {"of": _of(run), "slider": backend_of(run.backend).amount} if run else {}
    with st.container(border=True, key="plan_figures"):
        mount(key="plan_shown", data={"now": now.data(), "drawing": drawing, **follows})


def tell_stops(run: PruningRun, shown: Callable[[Plan], Shown]) -> None:
    """Let the browser know what each stop of a run's slider shows, where that takes no time to find.

    Call it last: the page is drawn before.
    """
    known = st.session_state.get(_STOPS)
    if known is None or known[0] != run.asked[:3]:
        known = st.session_state[_STOPS] = run.asked[:3], _stops(run, shown)
    if known[1]:
        mount = st.components.v2.component("explorer_plan_stops", js=_TELLS)
        mount(key=_STOPS, data={"of": _of(run), "stops": known[1]}, height=1)


def tells_stops(run: PruningRun) -> bool:
    """Whether the browser knows what each stop of this slider shows."""
    known = st.session_state.get(_STOPS)
    return known is not None and known[0] == run.asked[:3] and bool(known[1])


def _stops(run: PruningRun, shown: Callable[[Plan], Shown]) -> str:
    """As JSON, made once; null where there is no plan. "" where planning takes long."""
    last = round(backend_of(run.backend).largest / _STEP)
    plans = calls.plans(*run.asked[:3], tuple(round(stop * _STEP, 2) for stop in range(last + 1)))
    return json.dumps([plan and shown(plan).data() for plan in plans]) if plans else ""


def _of(run: PruningRun) -> str:
    """Tells the plans of these options from those of others."""
    return f"{hash(run.asked[:3]):x}"
