"""The options of PyTorch native pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.glossary import explain
from explorer.schema import Amount, Axis, NativeOptions, Pattern, WeightCriterion, WeightScope
from explorer.ui import state
from explorer.ui.native_overrides import own_amounts
from explorer.ui.option_words import WEIGHT_CRITERIA
from explorer.ui.widgets import pick

LARGEST = 1.0
_DEFAULT = 0.5
_OF_WEIGHTS = {name: WEIGHT_CRITERIA[name] for name in ("L1", "random")}  # of one number all norms are alike
_UNITS = ("fraction", "count")


def pick_native_options(layers: Sequence[str]) -> NativeOptions:
    """Draw the option widgets and return what is picked."""
    with st.container(horizontal=True, gap="medium"):
        pattern = Pattern(
            pick("Pattern", "native_pattern", [str(pattern) for pattern in Pattern], explain("pattern"))
        )
        slices = pattern is Pattern.STRUCTURED
        known = WEIGHT_CRITERIA if slices else _OF_WEIGHTS
        criterion = known[pick("Criterion", "native_criterion", tuple(known), explain("weight criterion"))]
        scope = WeightScope(
            pick("Scope", "native_scope", [str(scope) for scope in WeightScope], explain("weight scope"))
        )
        axis = (
            Axis(pick("Axis", "native_axis", [str(axis) for axis in Axis], explain("axis")))
            if slices
            else Axis.OUT
        )
        seed = _seed() if criterion is WeightCriterion.RANDOM else 0
        biases = not slices and _biases()
    picked = _layers(layers)
    state.show_notices("native_pattern", "native_criterion", "native_scope", "native_axis", "native_layers")
    return NativeOptions(pattern, criterion, scope, axis, seed, picked, biases, own_amounts(picked or layers))


def pick_amount_unit() -> bool:
    """Whether the amount is a count."""
    return pick("Amount as", "native_unit", _UNITS, explain("amount")) == "count"


def current_amount(is_count: bool) -> Amount:
    """The amount of this session: a fraction from the slider, or a count from its field."""
    if is_count:
        return int(st.session_state.get("native_count", 1))
    return state.start_fraction("native_amount", _DEFAULT, LARGEST)


def _seed() -> int:
    return int(
        st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="native_seed", bind="query-params", help=explain("seed"), width=120
        )
    )


def _biases() -> bool:
    return st.toggle("Biases too", key="native_biases", bind="query-params", help=explain("biases too"))


def _layers(names: Sequence[str]) -> tuple[str, ...] | None:
    state.check_link("native_layers", names, "a layer to mask")
    state.drop_unknown("native_layers", names)
    picked = st.multiselect(
        "Layers to mask",
        names,
        key="native_layers",
        bind="query-params",
        placeholder="all convolutions and linear layers",
        help=explain("layers to mask"),
        on_change=lambda: state.forget("native_layers"),
    )
    return tuple(name for name in names if name in picked) or None
