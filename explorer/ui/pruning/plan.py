"""What one ratio does, redrawn while the slider is dragged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.parts import places
from explorer.ui.parts.live_slider import live_slider
from explorer.ui.parts.plan_parts import show_accuracy, show_trust, show_warnings
from explorer.ui.parts.trailing import Judged
from explorer.ui.parts.widgets import failures
from explorer.ui.pruning.apply import apply_buttons
from explorer.ui.pruning.code import show_code
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.figures import Shown, screen, shown_of
from explorer.ui.pruning.judged import judged_run
from explorer.ui.pruning.live_figures import show_figures, tell_stops, tells_stops
from explorer.ui.pruning.onward import budget_popover, remember, show_budget
from explorer.ui.pruning.picture import Picture, picture_of, show_widths
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import runs, state
from explorer.values import Amount, ChannelPlan, Evaluation, LiveAccuracy, Plan, Report
from explorer.values.errors import ExplorerError
from explorer.words import formats

_PLAN, _DETAILS, _JUDGED, _SLIDER = "live_plan", "live_details", "live_judged", "plan_slider"
# In these orders: the slider is drawn last, and then takes its next value. The plan has what is judged within it.
_FOLLOW, _AHEAD = (_DETAILS, _PLAN), (_JUDGED, _SLIDER)
_FOUND = "plan_judged"  # in the session
_PATIENCE = 0.4  # seconds that a redraw waits for the last judgement where no count waits for the redraw


def current_amount(backend: str, extras: Extras) -> Amount:
    """What this session asks for: the slider's fraction, or what takes its place."""
    known = backend_of(backend)
    if extras.amount:
        return extras.amount()
    return state.start_fraction(known.amount, known.usual, known.largest)


@st.fragment(key=_PLAN)
def live_plan(run: PruningRun, extras: Extras, dense: Evaluation | None) -> None:
    """Draw the slider, what follows it on one screen, and Apply; only this and the details run again when it moved.

    While it moves, only what is judged runs again, where the browser knows what is left at every stop.

    Args:
        run: of the whole page; the slider may have moved since.
    """
    slider, st.session_state[_FOUND] = st.container(), Judged(None)
    with failures(f"{backend_of(run.backend).prefix}plan", run.spec, places.current()):
        now = _now(run, extras)
        plan = calls.plan(*now.asked)
        remember(now)
        accuracy, notes = _show(now, plan, extras)
        with accuracy:
            _judged(run, extras, dense)
        with notes:
            _notes(now, plan, extras, st.session_state[_FOUND].found)
    if isinstance(current_amount(run.backend, extras), float):
        with slider, st.container(horizontal=True, vertical_alignment="center", key="plan_slide"):
            _slider(run)
            budget_popover(run)
        with slider:
            show_budget(run)


@st.fragment(key=_JUDGED)
def _judged(run: PruningRun, extras: Extras, dense: Evaluation | None) -> None:
    """How well the network does as planned."""
    now, found = _now(run, extras), Judged(None)
    with failures(f"{backend_of(run.backend).prefix}judged", run.spec):
        if dense:
            with st.spinner("Judging the pruned network …", show_time=True):
                found = judged_run(now, _PATIENCE if tells_stops(run) else 0)
        of = "this estimate, " if calls.plan(*now.asked).estimate else ""
        show_accuracy(found, of, _trained(now), bool(dense))
    st.session_state[_FOUND] = found


@st.fragment(key=_SLIDER)
def _slider(run: PruningRun) -> None:
    known = backend_of(run.backend)
    live_slider(
        known.slider_label,
        known.amount,
        maximum=known.largest,
        again=st.session_state[_FOUND].again,
        followers=_FOLLOW,
        ahead=_AHEAD if tells_stops(run) else (),
    )


@st.fragment(key=_DETAILS)
def live_details(run: PruningRun, extras: Extras, dense: Evaluation | None) -> None:
    """What else follows the slider, below the run; nothing where there is no plan: `live_plan` says why."""
    now = _now(run, extras)
    with st.container(key=_DETAILS), suppress(ExplorerError):
        plan = calls.plan(*now.asked)
        _details(now, plan, extras, dense)


def _details(now: PruningRun, plan: Plan, extras: Extras, dense: Evaluation | None) -> None:
    with failures(f"{backend_of(now.backend).prefix}details", now.spec):
        if isinstance(plan, ChannelPlan):
            show_widths(plan)
        extras.live(now, plan, dense)
        show_code(now)


def _now(run: PruningRun, extras: Extras) -> PruningRun:
    """What is asked where the slider is now."""
    return PruningRun(run.spec, run.backend, run.options, current_amount(run.backend, extras))


def _show(run: PruningRun, plan: Plan, extras: Extras) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Figures and what is drawn of the plan, Apply among them; returns room for what is measured, and for notes."""
    picture = _picture(run, plan)
    accuracy, figures, drawn = screen()
    with figures:
        follows = run if isinstance(run.amount, float) else None  # what a slider asks
        show_figures(_shown(run, plan, extras, picture), follows, picture.name)
        apply_buttons(run)
    with drawn:
        picture.draw()
    return accuracy, st.container()


def _picture(run: PruningRun, plan: Plan) -> Picture:
    return picture_of(run.spec, plan, backend_of(run.backend).removes)


def _shown(run: PruningRun, plan: Plan, extras: Extras, picture: Picture) -> Shown:
    return shown_of(plan, backend_of(run.backend).removes, extras.figures(plan), picture.told(plan))


def stops(run: PruningRun, extras: Extras) -> None:
    """Let the browser know what each stop of the slider shows; last of all, since nothing waits for it."""
    with suppress(ExplorerError):  # `live_plan` says it
        if isinstance(run.amount, float):
            picture = _picture(run, calls.plan(*run.asked))
            tell_stops(run, lambda plan: _shown(run, plan, extras, picture))


def _notes(run: PruningRun, plan: Plan, extras: Extras, found: LiveAccuracy | None) -> None:
    if plan.estimate:
        st.caption(f":orange[**Estimate.**] {formats.plain(plan.estimate)}")
    show_warnings(plan.warnings)
    show_trust(found)
    extras.note(run, plan, found)
    if plan.left_out:
        st.caption(formats.plain(plan.left_out))


def _trained(run: PruningRun) -> tuple[Evaluation, Evaluation] | None:
    """The dense and the fine-tuned network of this session's run, where that pruned just so."""
    done = runs.finished(backend_of(run.backend).training, Report)
    if done is None or not isinstance(done[0], PruningRun) or replace(done[0], settings=None) != run:
        return None
    dense, trained = done[1].dense.pruned, done[1].pruned.fine_tuned
    return (dense, trained) if dense and trained else None
