"""The page of any pruning library: what all have, with the library's extras in their places."""

from __future__ import annotations

import streamlit as st

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.parts import places
from explorer.ui.parts.option_panel import own_ratio_tables, pick_options
from explorer.ui.parts.prepare import prepare
from explorer.ui.parts.widgets import failures
from explorer.ui.pruning.apply import applied_panel
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.plan import current_amount, live_details, live_plan, stops
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.take import take_panel
from explorer.ui.pruning.training import tell_link
from explorer.ui.shell import frame, state
from explorer.ui.shell.history import show_history
from explorer.values import NetworkSummary
from explorer.words.formats import plain


def pruning_page(backend: str, extras: Extras | None = None) -> None:
    """Draw the page of one library; without extras it has options, plan, run, report, training and history."""
    extras, known = extras or Extras(), backend_of(backend)
    spec = frame.draw()
    st.title(known.title_of_page)
    st.markdown(
        extras.intro or f"{known.title}. Move the slider: the plan follows. **Apply** then prunes a copy."
    )
    tell_link(backend)
    extras.before(spec)
    with failures(backend, spec, places.anew()):
        with st.spinner(f"Loading {plain(spec.name)} …", show_time=True):
            summary = calls.summary(spec)
        extras.build(summary) if extras.build else _build(backend, extras, summary)
    show_history()
    extras.after(spec)


def _build(backend: str, extras: Extras, summary: NetworkSummary) -> None:
    """Options, plan, run and training, then what else there is to know of the plan, and own ratios."""
    options = extras.pick(summary) if extras.pick else pick_options(backend, summary)
    run = PruningRun(summary.spec, backend, options, current_amount(backend, extras))
    state.show_notices(backend_of(backend).amount)
    plan, applied, details = st.container(), st.container(), st.container()
    is_ready = prepare(*run.asked[:3])
    if is_ready:
        with plan:
            extras.count(options)
            live_plan(run, extras, summary.evaluation)
        with details:
            live_details(run, extras, summary.evaluation)
            extras.own(summary, options) if extras.pick else own_ratio_tables(backend, summary)
    with applied:
        applied_panel(backend, extras)
    take_panel(run)
    if is_ready:
        stops(run, extras)
