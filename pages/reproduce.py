"""Published numbers, found again live: what can be trusted, row by row."""

import streamlit as st

from explorer.ui.reproduce.run import pick_experiments, reproduce_panel
from explorer.ui.shell import frame

frame.draw()
st.title("Reproduce")
st.markdown(
    "The libraries reproduce numbers that Torch-Pruning published, and numbers counted once "
    "with named tools. Random weights suffice: channels, parameters, MACs and bytes depend on widths alone, "
    "not on what a network has learned. The network picked in the sidebar does not matter."
)
reproduce_panel(pick_experiments())
