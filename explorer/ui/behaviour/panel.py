"""What one ratio does to answers, redrawn while the slider is dragged."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.behaviour.classes import show_classes
from explorer.ui.behaviour.draw import draw_digit
from explorer.ui.behaviour.every import offer_all
from explorer.ui.behaviour.flips import show_flips
from explorer.ui.behaviour.pick import AFTER, DRAW, VIEW, pick_state, pick_view
from explorer.ui.behaviour.told import state_told
from explorer.ui.parts.live_slider import Again, live_slider
from explorer.ui.parts.plan_parts import NOT_LIVE, show_accuracy, show_trust
from explorer.ui.parts.widgets import failures, measured_badge, not_measured
from explorer.ui.pruning.judged import followed_run, judged_run
from explorer.ui.pruning.onward import budget_popover, show_budget
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import assets, frame, state
from explorer.values import NetworkSpec, NetworkSummary, own, places
from explorer.values.behaviour import Behaviour
from explorer.values.yardstick import share_interval
from explorer.words import formats
from explorer.words.glossary import explain


@st.fragment
def behaviour_panel(run: PruningRun, summary: NetworkSummary) -> None:
    """Draw the slider and all that follows it; only this part runs again while it is dragged.

    Args:
        run: with the ratio that the slider had when the page was drawn.
        summary: of the same network.
    """
    st.html(assets.path("behaviour_page.css"))
    known, slider = backend_of(run.backend), st.container()
    again: Again = ""
    with failures("behaviour_answers", run.spec):
        now = replace(run, amount=amount_of(run.backend))
        again = _answers(now, summary) if summary.labelled else _agreement(now)
    with slider, st.container(horizontal=True, vertical_alignment="center"):
        live_slider(known.slider_label, known.amount, maximum=known.largest, again=again)
        budget_popover(run)
    with slider:
        state.show_notices(known.amount)
        show_budget(run)


def amount_of(backend: str) -> float:
    """Where the slider stands, which the library's own page has, too."""
    known = backend_of(backend)
    return state.start_fraction(known.amount, known.usual, known.largest)


def _answers(run: PruningRun, summary: NetworkSummary) -> Again:
    """All that takes labels; when the slider asks again for what it did not wait for."""
    with st.container(horizontal=True, gap="medium"):
        draws = calls.takes_drawings(run.spec) and pick_view() == DRAW
        recalibrated = pick_state(summary)
    state.show_notices(AFTER, VIEW)
    if draws:
        return draw_digit(run, recalibrated)
    with st.spinner("Judging the pruned network on test images …", show_time=True):
        answered = followed_run("behaviour", run, calls.behaviour, recalibrated)
    if found := answered.found:
        show_behaviour(found, at=answered.at)
        offer_all(run, recalibrated, found)
    return answered.again


def _agreement(run: PruningRun) -> Again:
    found = judged_run(run)
    below = " Until then it is judged as below." if found.found else ""
    st.info(
        "This network has no labelled images, so which answers are correct is unknown. "
        f"{_bring_labels(run.spec)}{below}"
    )
    if found.found is None:
        _elsewhere(backend_of(run.backend).title_of_page)
        return found.again
    with st.container(width=560):
        show_accuracy(found)
    show_trust(found.found, "")
    return found.again


def _elsewhere(page: str) -> None:
    """What a slider cannot wait for is measured by a run."""
    not_measured(f"{NOT_LIVE} **Apply** on the {page} page measures it.")
    name = frame.page_of(page).partition("?")[0]
    st.page_link(places.page(name), label=f"Open {page} →")


def _bring_labels(spec: NetworkSpec) -> str:
    mine = own.own(spec.base)
    if mine and mine.kind == own.HANDED:
        return "Pass them as `data=` to `explorer.show`."
    model = mine.model if mine else f"torchvision:{spec.base}"
    return f"Start the app with `--model {model} --data imagefolder:FOLDER` to add them."


def show_behaviour(found: Behaviour, place: str = "", at: str = "") -> None:
    """Figures, flips, classes and confusion matrices.

    Args:
        found: what both networks answer.
        place: tells the charts of several apart.
        at: see `measured_badge`.
    """
    _figures(found, at)
    show_flips(found)
    show_classes(found, place)


def _figures(found: Behaviour, at: str) -> None:
    images, of = found.images, "" if found.images == found.all_images else f" of {found.all_images:,}"
    measured_badge(f"{images:,}{of} test images, {state_told(found.seen)}", at)
    flips, lost, gained, accuracy = st.columns([1, 1, 1, 1.5])
    with flips:
        _share("Flips", found.count(flipped=True), images, explain("flip"))
    with lost:
        _share("Correct → wrong", found.count(True, False), images, "")
    with gained:
        _share("Wrong → correct", found.count(False, True), images, "")
    with accuracy:
        _accuracy(found)


def _share(label: str, count: int, images: int, told: str) -> None:
    st.metric(
        label, f"{count:,}", formats.share(count, images), delta_color="off", delta_arrow="off", help=told
    )


def _accuracy(found: Behaviour) -> None:
    before, after = found.count(was_correct=True), found.count(is_correct=True)
    bounds = share_interval(after / found.images, found.images)
    low, high = formats.accuracy(bounds.low).removesuffix(" %"), formats.accuracy(bounds.high)
    st.metric(
        "Accuracy",
        formats.accuracy(after / found.images),
        f"{low}–{high}, dense {formats.accuracy(before / found.images)}",
        delta_color="off",
        delta_arrow="off",
        help=f"{explain('accuracy')} Below it stands its 95 % interval.",
    )
