"""What one amount of masking does, redrawn while the slider is dragged."""

from __future__ import annotations

import itertools
import math
from contextlib import AbstractContextManager, nullcontext

import streamlit as st

from explorer.engine import service
from explorer.ui.native import charts
from explorer.ui.native.apply import NativeRun, measured_time, native_note
from explorer.ui.native.options import current_amount, pick_count
from explorer.ui.native.overrides import LARGEST
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.live_slider import live_slider
from explorer.ui.parts.plan_parts import show_accuracy, show_warnings
from explorer.ui.parts.widgets import exact_badge, failures, measured_badge, shrunk
from explorer.ui.shell import state
from explorer.values import Amount, Evaluation, MaskSteps, NativeOptions, NativePlan, NetworkSpec
from explorer.words import formats
from explorer.words.glossary import explain

_QUICK = 1 << 22  # weights of a layer whose sorting nobody notices


@st.fragment
def native_plan(spec: NetworkSpec, options: NativeOptions, is_count: bool, dense: Evaluation | None) -> None:
    """Draw the amount and all that follows it; only this part runs again while it is dragged."""
    slider = st.container()
    if is_count:
        with slider:
            pick_count(options)
    with failures("native_plan", spec):
        amount = current_amount(is_count)
        plan = service.native_plan(spec, options, amount)
        _totals(plan, dense, service.native_accuracy(spec, options, amount) if dense else None)
        st.caption(
            f"**What does not change:** masks write zeros and change no shape, so all {formats.count(plan.macs)} MACs "
            f"are still computed. {measured_time(spec)}"
        )
        st.markdown("**Zeros in every layer**", help=explain("sparsity"))
        draw(charts.sparsity(plan.layers), "sparsity", "Share of zeros in every masked layer")
        show_warnings(plan.warnings)
        _steps(spec, options, amount, {row.name: row.maskable for row in plan.layers if row.maskable})
        native_note(NativeRun(spec, options, amount))
    if not is_count:
        with slider:
            live_slider("Amount", "native_amount", maximum=LARGEST)


def _totals(plan: NativePlan, dense: Evaluation | None, pruned: Evaluation | None) -> None:
    counted, measured = st.container(key="native_totals").columns([3.2, 1], gap="small")
    with counted.container(border=True, key="native_figures"):
        exact_badge("before applying")
        nonzero, macs, effective, attached, permanent = st.columns(5)
    with nonzero:
        shrunk("Non-zeros", "non-zeros", plan.nonzero, plan.params, formats.count)
    with macs:
        _unchanged("Dense MACs", formats.count(plan.macs), "unchanged", explain("MACs"))
    with effective:
        shrunk("Effective MACs", "effective MACs", plan.effective_macs, plan.macs, formats.count)
    with attached:
        shrunk("File, masks on", "masks attached", plan.bytes_masked, plan.bytes, formats.file_size)
    with permanent:
        sparse = f"{formats.file_size(plan.bytes_compressed)} sparse"
        help = f"{explain('make permanent')} **Stored sparse:** {explain('stored sparse')}"
        _unchanged("File, permanent", formats.file_size(plan.bytes), sparse, help)
    with measured.container(border=True, height="stretch"):
        show_accuracy(dense, pruned)


def _unchanged(label: str, value: str, why: str, help: str) -> None:
    st.metric(label, value, why, delta_color="off", delta_arrow="off", help=help)


def _steps(spec: NetworkSpec, options: NativeOptions, amount: Amount, sizes: dict[str, int]) -> None:
    """Norm, sort, zeroise for the layer in focus."""
    st.subheader("Norm → sort → zeroise", help=explain("three steps"))
    layer = _pick_focus(sizes)
    with _patience(layer, sizes[layer]):
        steps = service.native_steps(spec, options, amount, layer)
    st.caption(
        f"Costs are those of the library's calls on {_what_was_timed(steps)}, measured once, with half of it going."
    )
    _side_by_side(steps, options)


def _pick_focus(sizes: dict[str, int]) -> str:
    layers = list(sizes)
    state.check_link("native_focus", layers, "a layer")
    if st.session_state.get("native_focus") not in (None, *layers):
        del st.session_state["native_focus"]
    layer = st.selectbox(
        "Layer in focus",
        layers,
        index=layers.index(_first_focus(sizes)),
        key="native_focus",
        bind="query-params",
        on_change=_forget_focus,
    )
    state.show_notices("native_focus")
    return layer


def _side_by_side(steps: MaskSteps, options: NativeOptions) -> None:
    norm, order, zeroise = st.columns(3, gap="medium")
    with norm:
        _step("1 · Norm", _scored(steps, options), steps.norm_seconds)
        if steps.curve:
            draw(charts.histogram(steps), "norm", "Histogram of scores with the threshold")
        else:
            st.info("Nothing goes at this amount, so nothing is drawn at random.")
    with order:
        cut = "no cut" if steps.threshold is None else f"the cut is at a score of {steps.threshold:.3g}"
        _step("2 · Sort", f"{steps.zeroed:,} of {steps.total:,} go; {cut}.", steps.sort_seconds)
        if steps.curve:
            draw(charts.curve(steps), "sort", "Scores from lowest to highest with the cut")
    with zeroise:
        _step(
            "3 · Zeroise",
            f"The mask of {formats.shape(steps.shape)}, filters down, inputs across: dark stays, light is zero"
            f"{_averaged(steps)}.",
            steps.zeroise_seconds,
        )
        st.html(charts.picture(steps))


def _first_focus(sizes: dict[str, int]) -> str:
    """The largest layer that is looked at in no time."""
    quick = {layer: size for layer, size in sizes.items() if size <= _QUICK}
    return max(quick, key=quick.__getitem__) if quick else min(sizes, key=sizes.__getitem__)


def _patience(layer: str, size: int) -> AbstractContextManager[None]:
    """Say what takes so long, where it does."""
    if size <= _QUICK:
        return nullcontext()
    return st.spinner(f"Sorting the {size:,} weights of {layer} …", show_time=True)


def _what_was_timed(steps: MaskSteps) -> str:
    size = math.prod(steps.shape)
    return "this layer" if steps.timed == size else f"{steps.timed:,} of this layer's {size:,} weights"


def _scored(steps: MaskSteps, options: NativeOptions) -> str:
    rule = "a random number" if options.criterion == "random" else f"its {options.criterion.upper()} norm"
    widths = [high - low for low, high in itertools.pairwise(steps.bins)]
    is_stretched = bool(widths) and widths[0] < widths[-1] / 2
    stretched = " Low scores crowd, so that end of the axis is stretched." if is_stretched else ""
    return f"Each {steps.unit} is scored by {rule}.{stretched}"


def _averaged(steps: MaskSteps) -> str:
    shown = (len(steps.picture), len(steps.picture[0]))
    return "" if shown == steps.shape[:2] else f", averaged to {formats.shape(shown)}"


def _step(title: str, sentence: str, seconds: float) -> None:
    st.markdown(f"**{title}**")
    measured_badge(f"{1e3 * seconds:.3f} ms")
    st.caption(sentence)


def _forget_focus() -> None:
    state.forget("native_focus")
