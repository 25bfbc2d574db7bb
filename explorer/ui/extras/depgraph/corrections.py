"""Where the explorer keeps a person from what Torch-Pruning gets wrong, said on the page."""

from __future__ import annotations

import streamlit as st

from explorer.ui.parts.own_ratios import LARGEST

_CORRECTIONS = {
    "LayerNorm": (
        "at high ratios the library mixes up the order of a LayerNorm's parameters, and outputs are wrong without "
        "an error. Corrected."
    ),
    "Groups that would lose everything": (
        "the library leaves them whole without a word. The plan does the same, and says so."
    ),
    "Ratios near 1": (
        "there the library prunes less and less, in the end nothing, since whole groups are left alone. "
        f"The slider ends at {LARGEST}."
    ),
    "Isomorphic": (
        "without its global switch the library prunes wrongly in isomorphic scope. Both are always set together."
    ),
    "Maximum ratio": "the library ignores it where it prunes in a single step. Here it holds.",
    "Hessian": (
        "the library keeps only the gradient of the last image, since each overwrites the one before. "
        "Here it is the mean over all images."
    ),
    "Shared settings": (
        "the library hands settings of one run on to the next through shared default dictionaries. "
        "Here each run gets fresh ones."
    ),
}


def show_corrections() -> None:
    """Draw the list, folded away."""
    with st.expander("What the explorer corrects in Torch-Pruning"):
        st.markdown("\n".join(f"- **{what}:** {how}" for what, how in _CORRECTIONS.items()))
