"""What one pruning ratio does, redrawn while the slider is dragged."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.engine import service
from explorer.ui.depgraph.apply_panel import report_note
from explorer.ui.depgraph.classes import show_classes, show_scopes
from explorer.ui.depgraph.heads import show_heads
from explorer.ui.depgraph.run import Run
from explorer.ui.parts import live_charts
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.live_slider import live_slider
from explorer.ui.parts.plan_parts import show_accuracy, show_warnings
from explorer.ui.parts.widgets import estimate_badge, exact_badge, failures, shrunk
from explorer.ui.shell import state
from explorer.values import ChannelPlan, Evaluation, NetworkSpec, Progress, PruningOptions
from explorer.words import formats
from explorer.words.glossary import explain

LARGEST_RATIO = 0.95
_DEFAULT_RATIO = 0.5
_STATISTICS = (
    "Accuracy here still uses the averages that BatchNorm layers recorded on the whole network. "
    "**Apply** also measures it with averages recorded anew, which often wins much of it back."
)


def current_ratio() -> float:
    """The pruning ratio of this session."""
    return state.start_fraction("ratio", _DEFAULT_RATIO, LARGEST_RATIO)


def prepare(spec: NetworkSpec, options: PruningOptions) -> None:
    """Score and rank the channels once, with what is going on for as long as it takes."""
    doing = st.empty()
    try:
        with doing, st.spinner(f"Reading which layers of {spec.name} are coupled …", show_time=True):
            service.prepare(spec, options, lambda progress: _show_progress(doing, progress))
    finally:
        doing.empty()


def _show_progress(place: DeltaGenerator, progress: Progress) -> None:
    if progress.fraction is not None:
        place.progress(progress.fraction, progress.text)


@st.fragment
def live_plan(spec: NetworkSpec, options: PruningOptions, dense: Evaluation | None) -> None:
    """Draw the slider and all that follows it; only this part runs again while it is dragged."""
    slider = st.container()
    with failures("plan", spec):
        ratio = current_ratio()
        plan = service.plan(spec, options, ratio)
        pruned = service.plan_accuracy(spec, options, ratio) if dense else None
        _totals(plan, dense, pruned)
        if plan.estimate:
            st.caption(f":orange[**Estimate.**] {formats.plain(plan.estimate)}")
        if dense and any(row.type.startswith("BatchNorm") for row in plan.layers):
            st.caption(_STATISTICS)
        _charts(plan)
        show_heads(spec, plan)
        show_warnings(plan.warnings)
        show_classes(spec, options, plan)
        show_scopes(spec, options, plan, pruned)
        report_note(Run(spec, options, ratio))
    with slider:
        live_slider("Pruning ratio", "ratio", maximum=LARGEST_RATIO)


def _totals(plan: ChannelPlan, dense: Evaluation | None, pruned: Evaluation | None) -> None:
    counted, measured = st.columns([1.9, 1.1], gap="small")
    with counted.container(border=True):
        estimate_badge(plan.estimate) if plan.estimate else exact_badge("before applying")
        params, macs, size = st.columns(3)
        with params:
            shrunk("Parameters", "parameters", plan.params, plan.params_before, formats.count)
        with macs:
            shrunk("MACs", "MACs", plan.macs, plan.macs_before, formats.count)
        with size:
            shrunk("File size", "file size", plan.bytes, plan.bytes_before, formats.file_size)
    with measured.container(border=True, height="stretch"):
        show_accuracy(dense, pruned, "this estimate, " if plan.estimate else "")


def _charts(plan: ChannelPlan) -> None:
    with st.container(key="plan_charts"):
        left, right = st.columns([1.4, 1], gap="medium")
    with left:
        st.markdown("**Width of every layer**, before and after", help=explain("width"))
        draw(
            live_charts.widths(plan.layers),
            "widths",
            "Output channels of every layer before and after pruning",
        )
    with right:
        st.markdown("**Groups that lose most**", help=explain("group"))
        draw(
            live_charts.losing_most(plan.groups),
            "groups",
            "Share of channels lost by the groups that lose most",
        )
