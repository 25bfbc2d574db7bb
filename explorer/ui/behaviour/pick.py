"""Which library prunes, how, and in which state its copy is judged: widgets in, frozen values out."""

from __future__ import annotations

import streamlit as st

from explorer.backends import BACKENDS, DEPGRAPH
from explorer.backends.contenders import compared
from explorer.ui.parts.compared import pick_compared
from explorer.ui.parts.fields import Around
from explorer.ui.parts.widgets import choose, pick
from explorer.ui.shell import state
from explorer.values import NetworkSummary
from explorer.values.comparing import AnyOptions
from explorer.words.glossary import explain

AFTER, VIEW = "behaviour_after", "behaviour_view"  # in the session and in links
DRAW = "Draw a digit"
_WIDTH = 144  # pixels of a list: four stand side by side on a small screen
_LIBRARY = "behaviour_library"
_RECALIBRATED, _RIGHT_AFTER = "Re-calibrated", "Right after"


def pick_library() -> tuple[str, AnyOptions]:
    """Draw the library and its main options, which are named in links as on the library's own page."""
    keys = {one.name: key for key, one in sorted(BACKENDS.items(), key=lambda item: item[0] != DEPGRAPH)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        backend = keys[choose("Library", _LIBRARY, list(keys), "What prunes the copy.", width=_WIDTH)]
        options = pick_compared(backend, lambda option: Around(width=_WIDTH))
    state.show_notices(_LIBRARY, *(option.key for option in compared(backend)))
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
