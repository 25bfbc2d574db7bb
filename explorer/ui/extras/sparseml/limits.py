"""What masks do not buy, what would be needed to profit from them, and what is not offered here."""

from __future__ import annotations

import streamlit as st

from explorer.words.glossary import explain

# Found by running each of them with SparseML 1.8.0 on the torch that the explorer uses.
_NOT_OFFERED = {
    "LayerPruningModifier": (
        "removes whole layers and breaks the network wherever a layer changes its output's shape."
    ),
    "PowerPropagationModifier": "runs, but makes no zeros.",
    "ASRegModifier": "fails, with training and without.",
    "[2, 2] blocks": "are silently taken as 1×4 blocks.",
    "N:M on convolutions": (
        "fails, or gives a scrambled mask; 2:4 and 4:8 are offered on linear layers, and convolutions stay dense."
    ),
    "filter and channel masks outside StructuredPruningModifier": "are refused by SparseML.",
    "Movement, MFAC and RigL in one shot": (
        "movement would mask at random and the other two fail, since there are no gradients yet; they work "
        "with training."
    ),
    "the newer recipes of SparseML": "run Python code from the file, so they are never opened here.",
}


def show_limits() -> None:
    """Say it plainly, below everything else."""
    st.header("Limits of masking", help=explain("sparse runtime"))
    st.markdown(
        "- **No multiplication is saved.** Masks keep every shape, so PyTorch executes every MAC of the "
        "dense network and latency does not fall. Zeroed filters and channels stay in the network.\n- **A "
        "speed-up needs a sparse runtime**, which skips zeros. Neural Magic's DeepSparse was one; like "
        "SparseML it was **discontinued** in June 2025.\n- **Or hardware kernels for 2:4**: some GPUs run "
        "linear layers faster when two of every four weights are zero. CPUs do not.\n- **A smaller file "
        "needs compression**, or a format that stores only non-zeros.\n\nTo make a network smaller and "
        "faster everywhere, remove channels: see **DepGraph pruning**."
    )
    with st.expander("SparseML features that this page leaves out"):
        st.markdown("\n".join(f"- **{name}** {why}" for name, why in _NOT_OFFERED.items()))
