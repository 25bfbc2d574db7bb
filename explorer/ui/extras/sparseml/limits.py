"""What masks do not buy, what would be needed to profit from them, and what is not offered here."""

from __future__ import annotations

import streamlit as st

from explorer.ui.extras.sparseml.words import NOT_OFFERED
from explorer.words.glossary import explain


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
        st.markdown("\n".join(f"- **{name}** {why}" for name, why in NOT_OFFERED.items()))
