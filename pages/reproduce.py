"""Published numbers, found again live: what can be trusted, row by row."""

import streamlit as st

from explorer.ui.reproduce.run import pick_experiments, reproduce_panel
from explorer.ui.shell import frame

frame.draw()
st.title("Reproduce")
st.markdown(
    "Numbers that Torch-Pruning published, and numbers that were counted once with named tools, are found again here "
    "by the libraries themselves. Random weights are enough: how many channels, parameters, MACs and bytes are left "
    "depends on widths alone, never on what a network has learned. The network picked on the left plays no part."
)
reproduce_panel(pick_experiments())
