"""The feature matrix: what each library can do."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.backends import backend_of
from explorer.words.features import Cell, features


def show_features() -> None:
    """Draw the matrix."""
    rows = [
        {
            "feature": feature.name,
            **{backend_of(library).name: _text(cell) for library, cell in feature.cells.items()},
        }
        for feature in features()
    ]
    st.table(pd.DataFrame(rows).set_index("feature"))
    st.markdown(  # a caption's paleness would leave its badge 2.7:1
        "This app's tests check every cell against the library itself, except where marked "
        ":orange-badge[stated]: no code can check those, so they name their source and when it was read."
    )


def _text(cell: Cell) -> str:
    """As Markdown; what is only stated looks otherwise than what was checked."""
    if not cell.source:
        return cell.text
    return f"*{cell.text}* :orange-badge[stated] [source]({cell.source}), read in {cell.seen}"
