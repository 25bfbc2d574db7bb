"""What the recipe builder's widgets hold: one key of the session for each field of `SparseOptions`.

The fields of the options are also the names in the link, after ``sparse_``.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import streamlit as st

from explorer.backends import SPARSEML, fields_of
from explorer.backends.fields import Problem
from explorer.ui.parts import option_panel
from explorer.values import NetworkSpec, SparseOptions

DEFAULTS = SparseOptions()
FINAL = "sparse_final_sparsity"  # the live slider's
LARGEST = 0.99
WHICH = "sparse_which"
_NO_RECIPE_HOLDS = ("learning_rate", "seed")
_PROBLEM = "sparse_problem"
_NETWORK = "sparse_network"


class Which(StrEnum):
    """How layers are picked."""

    ALL = "all"
    LIST = "list"
    PATTERN = "pattern"
    GROUP = "group"
    WRITTEN = "as written"  # param_groups of a recipe that somebody wrote


_NO_LAYERS = {"sparse_layers": [], "sparse_pattern": "", "sparse_param_groups": (), WHICH: str(Which.ALL)}


def key(field: str) -> str:
    """Where the session and the link keep a field."""
    return f"sparse_{field}"


def store(options: SparseOptions) -> None:
    """Let every widget show what a recipe says; call it before they are drawn."""
    held = [option for option in fields_of(SPARSEML) if option.name not in _NO_RECIPE_HOLDS]
    option_panel.store(held, options)
    st.session_state[key("param_groups")] = options.param_groups
    st.session_state[WHICH] = str(which_of(options))


def which_of(options: SparseOptions) -> Which:
    """How these options pick their layers."""
    if options.param_groups:
        return Which.WRITTEN
    if options.pattern:
        return Which.PATTERN
    return Which.ALL if options.layers is None else Which.LIST


def follow(spec: NetworkSpec) -> None:
    """Forget what names layers when another network is picked: it has others."""
    if st.session_state.setdefault(_NETWORK, spec.key) != spec.key:
        st.session_state[_NETWORK] = spec.key
        st.session_state.pop(key("group"), None)
        for name, nothing in _NO_LAYERS.items():
            st.session_state[name] = nothing  # set, not forgotten: what is forgotten comes back from the link
        set_problem(None)


def settled(options: SparseOptions) -> SparseOptions:
    """The options with what no recipe holds as it is on screen."""
    held = {name: st.session_state.get(key(name), getattr(DEFAULTS, name)) for name in _NO_RECIPE_HOLDS}
    return replace(options, **held)


def set_problem(problem: Problem | None) -> None:
    """Keep why an edited recipe is refused until the next one is read."""
    st.session_state[_PROBLEM] = problem


def edited_problem() -> Problem | None:
    """Why the edited recipe is refused, if it is."""
    problem: Problem | None = st.session_state.get(_PROBLEM)
    return problem
