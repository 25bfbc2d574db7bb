"""The landing page: what the network is made of, and where its parameters and its work sit."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.network.panel import show_card, show_counters, show_layers, show_totals
from explorer.ui.parts import charts
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame
from explorer.words import formats

_SHOWS = (
    "This app shows what can be pruned from a neural network, what that saves and what it costs. Pick a "
    "network in the sidebar; this page shows what it is made of. Then open **Dependency graph** to see which "
    "layers must shrink together, or **DepGraph pruning** to move a slider and watch the network shrink."
)

spec = frame.draw()
st.title("Network")
st.markdown(_SHOWS)
with failures("network", spec):
    with st.spinner(f"Loading {spec.name} and running it once …", show_time=True):
        summary = calls.summary(spec)
    st.header(spec.name)
    st.caption(
        f"Input {formats.shape(summary.input_shape)} · {summary.classes} classes · {len(summary.layers)} layers"
    )
    show_totals(summary)
    st.header("Where the parameters and MACs are")
    st.altair_chart(
        charts.where_it_sits(summary.layers), alt="Share of parameters and MACs by part of the network"
    )
    st.header("Layers")
    show_layers(summary.layers)
    st.header("How MACs are counted")
    show_counters(summary)
    if summary.card:
        st.header("How this network was trained")
        show_card(summary.card)
