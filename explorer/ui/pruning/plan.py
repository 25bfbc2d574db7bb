"""What one ratio does, redrawn while the slider is dragged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.parts import live_charts, plan_charts
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.live_slider import live_slider
from explorer.ui.parts.plan_parts import show_accuracy, show_warnings
from explorer.ui.parts.widgets import estimate_badge, exact_badge, failures, shrunk
from explorer.ui.pruning.extras import Extras, Metric
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
            "Nothing has been applied yet. The network itself stays as it is: a copy is pruned.",
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
    extras.live(run, plan, pruned)


def show_totals(plan: Plan, removes: bool, more: Sequence[Metric], accuracy: Callable[[], None]) -> None:
    """The figures that every plan has, those that only this library's have, and accuracy beside them."""
    figures = 3 + len(more) if removes else 4 + len(more)
    counted, measured = st.container(key="native_totals").columns(
        [1.9, 1.1] if removes else [3.2, 1], gap="small"
    )
    with counted.container(border=True, key="native_figures"):
        estimate_badge(plan.estimate) if plan.estimate else exact_badge("before applying")
        columns = iter(st.columns(figures))
    (_removed_figures if removes else _masked_figures)(plan, columns)
    for figure, column in zip(more, columns, strict=True):
        with column:
            unchanged(figure.label, figure.value, figure.beside, figure.help)
    with measured.container(border=True, height="stretch"):
        accuracy()


def unchanged(label: str, value: str, beside: str, help: str) -> None:
    """A figure with what stands below it, without an arrow."""
    st.metric(label, value, beside, delta_color="off", delta_arrow="off", help=help)


def _removed_figures(plan: Plan, columns: Iterator[DeltaGenerator]) -> None:
    with next(columns):
        shrunk("Parameters", "parameters", plan.params, plan.params_before, formats.count)
    with next(columns):
        shrunk("MACs", "MACs", plan.macs, plan.macs_before, formats.count)
    with next(columns):
        shrunk("Tensors", "tensors", plan.bytes, plan.bytes_before, formats.file_size)


def _masked_figures(plan: Plan, columns: Iterator[DeltaGenerator]) -> None:
    with next(columns):
        shrunk("Non-zeros", "non-zeros", plan.nonzero, plan.params, formats.count)
    with next(columns):
        unchanged("Dense MACs", formats.count(plan.macs), "unchanged", explain("MACs"))
    with next(columns):
        shrunk("Effective MACs", "effective MACs", plan.effective_macs, plan.macs, formats.count)
    with next(columns):
        unchanged("Tensors", formats.file_size(plan.bytes), "as dense", explain("tensors"))


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
