"""Where the explorer keeps a person from what Torch-Pruning gets wrong, said on the page."""

from __future__ import annotations

import streamlit as st

from explorer.ui.parts.own_ratios import LARGEST

_CORRECTIONS = {
    "LayerNorm": (
        "at high ratios the library scrambles the order of a LayerNorm's parameters, and outputs are "
        "silently wrong. Corrected."
    ),
    "Groups that would lose everything": (
        "the library silently leaves them whole. The plan does the same, and says so."
    ),
    "Ratios near 1": (
        "the library prunes less and less there, finally nothing, because it leaves whole groups alone. The "
        f"slider ends at {LARGEST}."
    ),
    "Isomorphic": (
        "isomorphic scope is wrong without the library's global switch. Both are always set together."
    ),
    "Maximum ratio": "the library ignores it when it prunes in a single step. Here it is enforced.",
    "Hessian": (
        "the library keeps only the last image's gradient, because each overwrites the one before. Here it "
        "is the mean over all images."
    ),
    "Shared settings": (
        "settings leak from one run into the next through shared default dictionaries. Here each run gets fresh ones."
    ),
}


def show_corrections() -> None:
    """Draw the list, folded away."""
    with st.expander("What the explorer corrects in Torch-Pruning"):
        st.markdown("\n".join(f"- **{what}:** {how}" for what, how in _CORRECTIONS.items()))
