"""What one ratio does, redrawn while the slider is dragged."""

from __future__ import annotations

import streamlit as st

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.parts import live_charts, plan_charts
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.live_slider import live_slider
from explorer.ui.parts.plan_parts import show_accuracy, show_warnings
from explorer.ui.parts.widgets import failures
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.figures import show_totals
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import runs, state
from explorer.values import Amount, ChannelPlan, Evaluation, Plan
from explorer.words import formats
from explorer.words.glossary import explain


def current_amount(backend: str, extras: Extras) -> Amount:
    """What this session asks for: the slider's fraction, or what takes its place."""
    known = backend_of(backend)
    if extras.amount:
        return extras.amount()
    return state.start_fraction(known.amount, known.usual, known.largest)


@st.fragment
def live_plan(run: PruningRun, extras: Extras, dense: Evaluation | None) -> None:
    """Draw the slider and all that follows it; only this part runs again while it is dragged.

    Args:
        run: of the whole page; the slider may have moved since.
    """
    known, slider = backend_of(run.backend), st.container()
    with slider:
        replaced = extras.slider(run.options)
    with failures(f"{known.prefix}plan", run.spec):
        now = PruningRun(run.spec, run.backend, run.options, current_amount(run.backend, extras))
        plan = calls.plan(*now.asked)
        pruned = calls.accuracy(*now.asked) if dense else None
        show_plan(now, plan, extras, dense, pruned)
        runs.note(
            known.run,
            now,
            "No run yet. A copy is pruned; the network itself does not change.",
        )
    if not replaced:
        with slider:
            live_slider(
                "Amount" if known.slider == "amount" else "Pruning ratio", known.amount, maximum=known.largest
            )


def show_plan(
    run: PruningRun, plan: Plan, extras: Extras, dense: Evaluation | None, pruned: Evaluation | None
) -> None:
    """Figures, charts and notes of one plan."""
    removes = backend_of(run.backend).removes
    of = "this estimate, " if plan.estimate else ""
    show_totals(plan, removes, extras.figures(plan), lambda: show_accuracy(dense, pruned, of))
    if plan.estimate:
        st.caption(f":orange[**Estimate.**] {formats.plain(plan.estimate)}")
    extras.note(run, plan, dense)
    _removed_charts(plan) if removes else _masked_chart(plan)
    show_warnings(plan.warnings)
    if plan.left_out:
        st.caption(formats.plain(plan.left_out))
    extras.live(run, plan, pruned)


def _removed_charts(plan: Plan) -> None:
    with st.container(key="plan_charts"):
        left, right = st.columns([1.4, 1], gap="medium")
    with left:
        st.markdown("**Width of every layer**, before and after", help=explain("width"))
        figure = live_charts.widths(plan.layers)
        draw(figure, "widths", "Output channels of every layer before and after pruning")
    if isinstance(plan, ChannelPlan):
        with right:
            st.markdown("**Groups that lose most**", help=explain("group"))
            figure = live_charts.losing_most(plan.groups)
            draw(figure, "groups", "Share of channels lost by the groups that lose most")


def _masked_chart(plan: Plan) -> None:
    st.markdown("**Zeros in every layer**", help=explain("sparsity"))
    draw(plan_charts.sparsity(plan.layers), "sparsity", "Share of zeros in every masked layer")
