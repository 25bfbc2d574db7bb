"""What masks do not buy, what would be needed to profit from them, and what is not offered here."""

from __future__ import annotations

import streamlit as st

from explorer.ui.extras.sparseml.words import NOT_OFFERED
from explorer.words.glossary import explain


def show_limits() -> None:
    """Say it plainly, below everything else."""
    st.subheader("What masks do not buy", help=explain("sparse runtime"))
    st.markdown(
        "- **No multiplication is saved.** Masks leave every shape as it is, so PyTorch computes all dense MACs, and "
        "latency stays. Zeroed filters and channels stay in the network, too.\n"
        "- **A sparse runtime would be needed**: one that skips zeros. Neural Magic's DeepSparse was one; it **has "
        "ended**, as SparseML has (June 2025), so neither gets any more releases.\n"
        "- **Or hardware kernels for 2:4**: some GPUs compute linear layers faster when two of every four weights are "
        "zero. Ordinary processors do not.\n"
        "- **A smaller file** takes compression, or a format that stores non-zeros only.\n\n"
        "To make a network smaller and faster anywhere, remove channels: see the page **DepGraph pruning**."
    )
    with st.expander("What SparseML has and this page does not offer"):
        st.markdown("\n".join(f"- **{name}** {why}" for name, why in NOT_OFFERED.items()))
