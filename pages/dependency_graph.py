"""Which layers must lose the same channels: the network drawn, its coupled groups lit up on a click."""

import streamlit as st

from explorer.ui import frame
from explorer.ui.graph_panel import explore, graph_of
from explorer.ui.widgets import failures

spec = frame.draw()
st.title("Dependency graph")
st.markdown(
    "A channel that goes from one layer has to go from others too. **Click a box to see from which**, and why."
)
with failures("graph", spec):
    with st.spinner(f"Tracing {spec.name} and finding what is coupled …", show_time=True):
        graph = graph_of(spec.key, spec)
    explore(spec, graph)
