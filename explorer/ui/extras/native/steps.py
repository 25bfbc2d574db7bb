"""Norm, sort, zeroise for the layer in focus, redrawn while the slider is dragged."""

from __future__ import annotations

import itertools
import math
from contextlib import AbstractContextManager, nullcontext

import streamlit as st

from explorer.engine import calls
from explorer.ui.extras.native import charts
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.shell import state
from explorer.values import Amount, MaskSteps, NativeOptions, NetworkSpec
from explorer.words import formats
from explorer.words.glossary import explain

_QUICK = 1 << 22  # weights of a layer whose sorting nobody notices


def show_steps(spec: NetworkSpec, options: NativeOptions, amount: Amount, sizes: dict[str, int]) -> None:
    """Norm, sort, zeroise for the layer in focus."""
    st.header("Norm → sort → zeroise", help=explain("three steps"))
    layer = _pick_focus(sizes)
    with _patience(layer, sizes[layer]):
        steps = calls.mask_steps(spec, options, amount, layer)
    st.caption(f"PyTorch's own timings for {_what_was_timed(steps)} at amount 0.5, measured once.")
    _side_by_side(steps, options)


def _pick_focus(sizes: dict[str, int]) -> str:
    layers = list(sizes)
    state.check_link("native_focus", layers, "a layer")
    if st.session_state.get("native_focus") not in (None, *layers):
        del st.session_state["native_focus"]
    layer = st.selectbox(
        "Layer shown",
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
            st.info("Nothing is zeroed at this amount, so no random scores are drawn.")
    with order:
        cut = (
            "no threshold"
            if steps.threshold is None
            else f"the threshold is a score of {steps.threshold:.3g}"
        )
        _step("2 · Sort", f"{steps.zeroed:,} of {steps.total:,} become zero; {cut}.", steps.sort_seconds)
        if steps.curve:
            draw(charts.curve(steps), "sort", "Scores from lowest to highest with the cut")
    with zeroise:
        _step(
            "3 · Zeroise",
            f"The {formats.shape(steps.shape)} mask, a row per filter, a column per input: dark is kept, "
            f"light is zero{_averaged(steps)}.",
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
    rule = "a random number" if options.criterion == "random" else f"its {options.criterion.label} norm"
    widths = [high - low for low, high in itertools.pairwise(steps.bins)]
    is_stretched = bool(widths) and widths[0] < widths[-1] / 2
    stretched = " Low scores crowd, so the low end of the axis is stretched." if is_stretched else ""
    return f"Each {steps.unit} is scored by {rule}.{stretched}"


def _averaged(steps: MaskSteps) -> str:
    shown = (len(steps.picture), len(steps.picture[0]))
    return "" if shown == steps.shape[:2] else f", averaged to {formats.shape(shown)}"


def _step(title: str, sentence: str, seconds: float) -> None:
    st.markdown(f"**{title}**")
    measured_badge(formats.duration(seconds))
    st.caption(sentence)


def _forget_focus() -> None:
    state.forget("native_focus")
