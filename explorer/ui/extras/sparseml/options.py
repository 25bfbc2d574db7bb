"""The recipe builder: widgets in, frozen options out. What does not work with a modifier is not offered."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.backends import SPARSEML
from explorer.ui.extras.sparseml.layers import LAYERS, pick_layers
from explorer.ui.extras.sparseml.state import DEFAULTS, FINAL, LARGEST, WHICH, key
from explorer.ui.parts.option_panel import OptionPanel
from explorer.ui.parts.places import Places
from explorer.ui.shell import state
from explorer.values import Modifier, NetworkSummary, SparseOptions


def pick_recipe(summary: NetworkSummary, places: Places, first: DeltaGenerator) -> tuple[SparseOptions, bool]:
    """Draw all widgets but the slider; those that matter most stand in `first`.

    Returns:
        The options, not yet capped by the final sparsity, and whether they name layers that can be masked so.
    """
    panel = OptionPanel(SPARSEML, summary, (), "session")
    with first:
        _abreast(panel, places, "modifier", "mask_type")
    modifier, mask = panel.options.modifier, panel.options.mask_type
    st.caption(f"**{modifier}**: {modifier.told} **{mask}**: {mask.told}")
    _sparsities(panel)
    _how(panel)
    places.keep("init_sparsity", "backward_sparsity", "interpolation", "scope")
    _adjust_frequency(panel.options.modifier)
    _abreast(panel, places, "start_epoch", "end_epoch", "update_frequency")
    _abreast(panel, places, "epochs", "learning_rate", "seed")
    complete = pick_layers(summary.spec, panel.options, places)
    with first:  # what is folded away is not read
        panel.tell(LAYERS)
        state.show_notices(WHICH)
    return complete or panel.options, complete is not None


def has_slider(options: SparseOptions) -> bool:
    """Whether the final sparsity is free: N:M masks fix it, and constant masks keep the zeros there are."""
    return options.mask_type.fixed_sparsity is None and options.modifier is not Modifier.CONSTANT


def _abreast(panel: OptionPanel, places: Places, *names: str) -> None:
    """Draw options side by side, with room below for their mistakes."""
    for name, column in zip(names, st.columns(len(names), vertical_alignment="bottom"), strict=True):
        with column:
            panel.pick(name)
    places.keep(*names)


def _sparsities(panel: OptionPanel) -> None:
    """The slider's value, or the one that the mask type fixes."""
    panel.skip("init_sparsity")
    panel.skip("final_sparsity")
    if panel.options.mask_type.fixed_sparsity is None:
        final = state.start_fraction(FINAL, DEFAULTS.final_sparsity, LARGEST)
        panel.options = replace(panel.options, final_sparsity=final)


def _how(panel: OptionPanel) -> None:
    """From which sparsity, along which curve, ranked with what: as far as the modifier asks."""
    with st.container(horizontal=True, key="sparse_how"):
        if has_slider(panel.options):
            _fraction(panel, "init_sparsity")
        _fraction(panel, "backward_sparsity")
        with st.container():
            panel.pick("interpolation")
        if len(panel.options.modifier.traits.scopes) > 1:
            with st.container():
                panel.pick("scope")


def _fraction(panel: OptionPanel, name: str) -> None:
    """A sparsity that may not be above the final one: the slider takes it along."""
    with st.container():
        panel.pick(name)
        final = panel.options.final_sparsity
        if getattr(panel.options, name) > final:
            st.caption(f"Capped at {final:g}, the final sparsity.")


def _adjust_frequency(modifier: Modifier) -> None:
    """Let AC/DC change phase at whole epochs, for it takes no others."""
    name = key("update_frequency")
    linked = state.number(st.query_params.get(name, "")) or DEFAULTS.update_frequency
    if modifier is Modifier.ACDC and st.session_state.get(name, linked) % 1:
        st.session_state[name] = 1.0
