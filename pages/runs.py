"""All runs of a project as a tree: names, notes, pins, and the file that another server opens."""

import streamlit as st

from explorer.ui.runs.panel import runs_panel
from explorer.ui.shell import frame

frame.draw()
st.title("Runs")
st.markdown(
    "Every run of this project, each below the one that it goes on from. Name it, note what you found, pin what you "
    "want to compare, and start again from any of them. The project file opens on any server."
)
runs_panel()
