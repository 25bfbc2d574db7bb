"""The feature matrix: what each library can do."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.features import features

_CHECKED = "Whether the tests of this app hold the line against the libraries themselves."


def show_features() -> None:
    """Draw the matrix."""
    rows = [
        {
            "": feature.name,
            "PyTorch native": feature.native,
            "DepGraph (Torch-Pruning)": feature.depgraph,
            "SparseML": feature.sparseml,
            "checked by code": "✓" if feature.checked else "–",
        }
        for feature in features()
    ]
    st.table(pd.DataFrame(rows).set_index(""))
    st.caption(f"**checked by code**: {_CHECKED}")
