"""Which layers must lose the same channels: the network drawn, its coupled groups lit up on a click."""

from pathlib import Path

import streamlit as st

from explorer.ui.graph.panel import explore
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame

PICTURE = Path(__file__).parents[1] / "images" / "depgraph_pruning_step.png"


@st.dialog("DepGraph's three steps in one picture", width="large")
def show_picture() -> None:
    """The README's picture of grouping, importance and removal."""
    st.image(PICTURE, caption="Drawn from digits-resnet at pruning ratio 0.5.", width="stretch")


spec = frame.draw()
st.title("Dependency graph")
words, picture = st.columns([4, 1.3], vertical_alignment="center")
words.markdown(
    "Removing a channel from one layer forces its removal from others. **Click a box** to see which, and why."
)
if picture.button("How it works", width="stretch"):
    show_picture()
with failures("graph", spec):
    with st.spinner(f"Tracing {spec.name} and grouping its coupled layers …", show_time=True):
        graph = graph_of(spec.key, spec)
    explore(spec, graph)
