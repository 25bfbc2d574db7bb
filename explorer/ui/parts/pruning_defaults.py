"""DepGraph pruning's options at their defaults, put into the session by a page that hands ratios over."""

from __future__ import annotations

from copy import copy

import streamlit as st

from explorer.ui.shell import state
from explorer.values import Criterion, Normalizer, Reduction, Scope
from explorer.words.option_words import criterion_name

_DEFAULTS = {
    "scope": str(Scope.LOCAL),
    "round_to": "1",
    "max_ratio": 1.0,
    "steps": 1,
    "keep": [],
    "reduction": str(Reduction.MEAN),
    "normalizer": str(Normalizer.MEAN),
}


def set_options(criterion: Criterion, seed: int = 0) -> None:
    """Put a criterion into the session, and every other option to its default, before the page is drawn."""
    for name, value in {"criterion": criterion_name(criterion), "seed": seed, **_DEFAULTS}.items():
        st.session_state[name] = copy(value)
        st.query_params.pop(name, None)  # what a link still says would win over the session
        state.forget(name)
