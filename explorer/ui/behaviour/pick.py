"""Which library prunes, how, and in which state its copy is judged: widgets in, frozen values out."""

from __future__ import annotations

import streamlit as st

from explorer.backends import BACKENDS, DEPGRAPH
from explorer.ui.parts.behaved import LIBRARY, behaved
from explorer.ui.parts.fields import Around, pick_some
from explorer.ui.parts.widgets import choose, pick
from explorer.ui.shell import state
from explorer.values import NetworkSummary
from explorer.values.comparing import AnyOptions
from explorer.words.glossary import explain

AFTER, VIEW = "behaviour_after", "behaviour_view"  # in the session and in links
DRAW = "Draw a digit"
_WIDTH = 144  # pixels of a list: four stand side by side on a small screen
_RECALIBRATED, _RIGHT_AFTER = "Re-calibrated", "Right after"


def pick_library(summary: NetworkSummary) -> tuple[str, AnyOptions]:
    """Draw the library and those of its main options that the network can have."""
    keys = {one.name: key for key, one in sorted(BACKENDS.items(), key=lambda item: item[0] != DEPGRAPH)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        backend = keys[choose("Library", LIBRARY, list(keys), "What prunes the copy.", width=_WIDTH)]
        options = pick_some(backend, behaved(backend), lambda option: Around(width=_WIDTH), summary)
    state.show_notices(LIBRARY, *(option.key for option in behaved(backend)))
    return backend, options


def pick_view() -> str:
    """Draw what is answered: the test images, or a digit that one draws."""
    return pick("Show", VIEW, ("Test images", DRAW), "What both networks answer.")


def pick_state(summary: NetworkSummary) -> bool:
    """Draw which state is judged, where there is a choice; returns whether BatchNorm is re-calibrated."""
    if not any(row.type.startswith("BatchNorm") for row in summary.layers):
        return False
    told = f"{explain('BN re-calibration')} {explain('right after')}"
    return pick("After pruning", AFTER, (_RECALIBRATED, _RIGHT_AFTER), told) == _RECALIBRATED
