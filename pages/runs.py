"""All runs of a project as a tree: names, notes, pins, and the file that another server opens."""

import streamlit as st

from explorer.ui.runs.panel import runs_panel
from explorer.ui.shell import frame

frame.draw()
st.title("Runs")
st.markdown(
    "Every run of this project, each below the one it continues. Name runs, note what you found, pin those to compare, "
    "and start again from any. The project file opens on any server."
)
runs_panel()
