"""DepGraph pruning's options at their defaults, put into the session by a page that hands ratios over."""

from __future__ import annotations

import streamlit as st

from explorer.backends import DEPGRAPH, fields_of
from explorer.ui.parts.option_panel import store
from explorer.values import ChannelCriterion, ChannelOptions


def set_options(criterion: ChannelCriterion, seed: int = 0) -> None:
    """Put a criterion into the session, and every other option to its default, before the page is drawn."""
    store(fields_of(DEPGRAPH), ChannelOptions(criterion, seed=seed))
    for option in fields_of(DEPGRAPH):
        st.query_params.pop(option.key, None)  # what a link still says would win over the session
