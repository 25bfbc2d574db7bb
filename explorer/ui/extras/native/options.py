"""The options of PyTorch native pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.extras.native.overrides import LARGEST, own_amounts
from explorer.ui.parts.widgets import pick, whole_number
from explorer.ui.shell import state
from explorer.values import Amount, Axis, NativeOptions, Pattern, WeightCriterion, WeightScope
from explorer.words.formats import plain
from explorer.words.glossary import explain
from explorer.words.option_words import WEIGHT_CRITERIA

_DEFAULT = 0.5
_OF_WEIGHTS = {name: WEIGHT_CRITERIA[name] for name in ("L1", "random")}  # of one number all norms are alike
_UNITS = ("fraction", "count")
_LARGEST_COUNT = 10**9
_LARGEST_SEED = 2**31 - 1
_NOTED = tuple(
    f"native_{name}" for name in ("pattern", "criterion", "scope", "axis", "seed", "biases", "layers")
)


def pick_native_options(layers: Sequence[str], network: str) -> NativeOptions:
    """Draw the option widgets and return what is picked for a network that has these layers to mask."""
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
        seed = (
            whole_number("Seed", "native_seed", 0, _LARGEST_SEED, explain("seed"), width=140)
            if criterion is WeightCriterion.RANDOM
            else 0
        )
        biases = not slices and _biases()
    picked = _layers(layers)
    own = _own(picked or layers, own_amounts(layers, network))
    state.show_notices(*_NOTED)
    return NativeOptions(pattern, criterion, scope, axis, seed, picked, biases, own)


def pick_amount_unit() -> None:
    """Draw the choice between a fraction and a count."""
    pick("Amount as", "native_unit", _UNITS, explain("amount"))


def is_count() -> bool:
    """Whether the amount is a count."""
    return st.session_state.get("native_unit") == "count"


def current_amount() -> Amount:
    """The amount of this session: a fraction from the slider, or a count from its field."""
    if is_count():
        return int(st.session_state.get("native_count", 1))
    return state.start_fraction("native_amount", _DEFAULT, LARGEST)


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
        st.info(f"The own ratio of {plain(', '.join(idle))} has no effect: not among the layers to mask.")
    return tuple((layer, ratio) for layer, ratio in own if layer in masked)


def _biases() -> bool:
    state.check_link("native_biases", ("true", "false"), "a value of biases too")
    return st.toggle(
        "Biases too",
        key="native_biases",
        bind="query-params",
        help=explain("biases too"),
        on_change=lambda: state.forget("native_biases"),
    )


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
