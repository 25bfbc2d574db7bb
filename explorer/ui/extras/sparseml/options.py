"""The recipe builder: widgets in, frozen options out. What does not work with a modifier is not offered."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer.ui.extras.sparseml.fields import Places, choose, number
from explorer.ui.extras.sparseml.layers import pick_layers
from explorer.ui.extras.sparseml.state import DEFAULTS, FINAL, LARGEST, key
from explorer.ui.extras.sparseml.words import INTERPOLATIONS, MASKS, MODIFIERS
from explorer.ui.shell import state
from explorer.values import Interpolation, MaskType, Modifier, NetworkSpec, SparseOptions, WeightScope
from explorer.words.glossary import explain

_MOST_EPOCHS = 200.0


def pick_recipe(spec: NetworkSpec, places: Places) -> tuple[SparseOptions, bool]:
    """Draw all widgets but the slider.

    Returns:
        The options, and whether they name layers that can be masked so.
    """
    options = _sparsities(_what())
    places.keep("modifier", "mask_type")
    options = _how(options)
    places.keep("init_sparsity", "backward_sparsity", "interpolation", "scope")
    options = _when(options)
    places.keep("start_epoch", "end_epoch", "update_frequency")
    options = _training(options)
    places.keep("epochs", "learning_rate", "seed")
    complete = pick_layers(spec, options, places)
    return complete or options, complete is not None


def has_slider(options: SparseOptions) -> bool:
    """Whether the final sparsity is free: N:M masks fix it, and constant masks keep the zeros there are."""
    return options.mask_type.fixed_sparsity is None and options.modifier is not Modifier.CONSTANT


def _what() -> SparseOptions:
    left, right = st.columns(2)
    with left:
        known = [str(modifier) for modifier in Modifier]
        modifier = Modifier(choose("Modifier", "modifier", known, explain("modifier")))
        st.caption(MODIFIERS[modifier])
    with right:
        offered = [str(mask) for mask in modifier.mask_types]
        mask = MaskType(choose("Mask type", "mask_type", offered, explain("mask type")))
        st.caption(MASKS[mask])
    return replace(DEFAULTS, modifier=modifier, mask_type=mask)


def _sparsities(options: SparseOptions) -> SparseOptions:
    """The slider's value, or the one that the mask type fixes."""
    fixed = options.mask_type.fixed_sparsity
    if fixed is not None:
        return replace(options, init_sparsity=fixed, final_sparsity=fixed)
    return replace(options, final_sparsity=state.start_fraction(FINAL, DEFAULTS.final_sparsity, LARGEST))


def _how(options: SparseOptions) -> SparseOptions:
    """From which sparsity, along which curve, ranked with what: as far as the modifier asks."""
    modifier = options.modifier
    with st.container(horizontal=True, key="sparse_how"):
        if modifier.gradual and has_slider(options):
            options = replace(options, init_sparsity=_fraction("Initial sparsity", "init_sparsity", options))
        if modifier is Modifier.TOPKAST:
            backward = _fraction("Backward sparsity", "backward_sparsity", options)
            options = replace(options, backward_sparsity=backward)
        if modifier.gradual:
            options = replace(options, interpolation=_interpolation())
        if len(modifier.scopes) > 1:
            options = replace(options, scope=_scope(modifier))
    return options


def _fraction(label: str, field: str, options: SparseOptions) -> float:
    """A sparsity that may not be above the final one: the slider takes it along."""
    with st.container():
        typed = number(label, field, 0.0, LARGEST, 0.05)
        if typed > options.final_sparsity:
            st.caption(f"Held at {options.final_sparsity:g}: not above the final sparsity.")
    return min(typed, options.final_sparsity)


def _interpolation() -> Interpolation:
    known = [str(curve) for curve in INTERPOLATIONS]
    told = " ".join(f"**{curve}**: {words}" for curve, words in INTERPOLATIONS.items())
    with st.container():
        return Interpolation(choose("Interpolation", "interpolation", known, told))


def _scope(modifier: Modifier) -> WeightScope:
    known = [str(scope) for scope in modifier.scopes]
    with st.container():
        return WeightScope(choose("Scope", "scope", known, explain("weight scope")))


def _when(options: SparseOptions) -> SparseOptions:
    start, end, every = st.columns(3, vertical_alignment="bottom")
    with start:
        begun = number("Start epoch", "start_epoch", 0.0, _MOST_EPOCHS, 1.0)
    if options.modifier is Modifier.CONSTANT:
        return replace(options, start_epoch=begun)
    with end:
        ended = number("End epoch", "end_epoch", 0.0, _MOST_EPOCHS, 1.0)
    with every:
        frequency = _frequency(options.modifier)
    return replace(options, start_epoch=begun, end_epoch=ended, update_frequency=frequency)


def _frequency(modifier: Modifier) -> float:
    name = key("update_frequency")
    linked = state.number(st.query_params.get(name, "")) or DEFAULTS.update_frequency
    if modifier is Modifier.ACDC and st.session_state.get(name, linked) % 1:
        st.session_state[name] = 1.0  # it changes phase at whole epochs only
    return number("Update frequency", "update_frequency", -1.0, _MOST_EPOCHS, 0.5)


def _training(options: SparseOptions) -> SparseOptions:
    epochs, rate, seed = st.columns(3, vertical_alignment="bottom")
    with epochs:
        trained = number("Epochs of training", "epochs", 0.1, _MOST_EPOCHS, 1.0)
    with rate:
        learned = number("Learning rate", "learning_rate", 0.000001, 10.0, 0.001, "%g")
    with seed:
        order = st.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            key=key("seed"),
            bind="query-params",
            persist_state="session",
            help=explain("seed of training"),
        )
    return replace(options, epochs=trained, learning_rate=learned, seed=order)
