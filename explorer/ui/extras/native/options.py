"""The options of PyTorch native pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from explorer.backends import NATIVE, fields_of
from explorer.backends.fields import named
from explorer.ui.parts.layer_ratios import LayerRatios
from explorer.ui.parts.option_panel import OptionPanel
from explorer.ui.parts.widgets import pick, whole_number
from explorer.ui.shell import state
from explorer.values import Amount, Axis, NativeOptions, NetworkSummary, Pattern, WeightScope
from explorer.words.formats import plain
from explorer.words.glossary import explain

_DEFAULT = 0.5
_LARGEST = 1.0  # amount, of a layer or of all
_COUNTED = "native_counted"  # in the session: what the count counts
_UNITS = ("fraction", "count")
_LARGEST_COUNT = 10**9
OWN = LayerRatios(named(fields_of(NATIVE), "overrides"), "native_amount", _LARGEST)


def pick_native_options(summary: NetworkSummary, layers: Sequence[str]) -> NativeOptions:
    """Draw the option widgets and return what is picked for a network that has these layers to mask."""
    panel = OptionPanel(NATIVE, summary, layers)
    picked: NativeOptions = panel.draw(_pick_unit)
    own = _own(picked.layers or layers, OWN.given(layers, summary.spec.name))
    panel.options = replace(picked, overrides=own)
    panel.tell("overrides")
    return panel.options


def _pick_unit() -> None:
    """Draw the choice between a fraction and a count."""
    pick("Amount as", "native_unit", _UNITS, explain("amount"))


def follow_count(summary: NetworkSummary, layers: Sequence[str], options: NativeOptions) -> None:
    """Let a count start at what the slider's fraction comes to, and anew where it counts something else.

    Args:
        layers: that are masked.
    """
    counted = (summary.spec.key, options.pattern, options.axis, options.scope)
    if not is_count() or st.session_state.get(_COUNTED) == counted:
        return
    from_link = _COUNTED not in st.session_state and "native_count" in st.query_params
    st.session_state[_COUNTED] = counted
    if not from_link:
        sizes = [
            _units(row.weight_shape, options)
            for row in summary.layers
            if row.name in layers and row.weight_shape
        ]
        pool = sum(sizes) if options.scope is WeightScope.GLOBAL else min(sizes, default=0)
        fraction = state.start_fraction("native_amount", _DEFAULT, _LARGEST)
        st.session_state["native_count"] = round(fraction * pool)


def _units(shape: tuple[int, ...], options: NativeOptions) -> int:
    """How many weights or slices a layer has."""
    if options.pattern is Pattern.UNSTRUCTURED:
        return math.prod(shape)
    return shape[0 if options.axis is Axis.OUT else 1]


def is_count() -> bool:
    """Whether the amount is a count."""
    return st.session_state.get("native_unit") == "count"


def current_amount() -> Amount:
    """The amount of this session: a fraction from the slider, or a count from its field."""
    if is_count():
        return int(st.session_state.get("native_count", 1))
    return state.start_fraction("native_amount", _DEFAULT, _LARGEST)


def pick_count(options: NativeOptions) -> None:
    """Draw the field of an amount that is a count, and say what one of it is."""
    whole_number(
        "Amount, as a count", "native_count", 0, _LARGEST_COUNT, explain("amount"), start=1, width=240
    )
    state.show_notices("native_count")
    unit = "slice" if options.pattern is Pattern.STRUCTURED else "weight"
    of = "in the whole network" if options.scope is WeightScope.GLOBAL else "of every layer"
    st.caption(f"A count: **1 is one {unit}** {of}, where the fraction 1.0 is all of them.")


def _own(masked: Sequence[str], own: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """Own ratios of layers that are masked."""
    if idle := [layer for layer, _ in own if layer not in masked]:
        st.info(
            f"The ratio set for {plain(', '.join(idle))} has no effect: it is not among the layers to mask."
        )
    return tuple((layer, ratio) for layer, ratio in own if layer in masked)
