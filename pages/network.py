"""The landing page: what the network is made of, and where its parameters and its work sit."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.network.panel import (
    show_card,
    show_counters,
    show_layers,
    show_origin,
    show_signature,
    show_totals,
)
from explorer.ui.parts import charts
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame
from explorer.values import own

_SHOWS = (
    "This app shows what can be cut out of a neural network, and what that saves and costs. "
    "Pick a network on the left; this page says what it is made of. "
    "Then open **Dependency graph** to see which layers must lose channels together, "
    "or **DepGraph pruning** to move a slider and watch the network shrink."
)

spec = frame.draw()
st.title("Network")
st.markdown(_SHOWS)
with failures("network", spec):
    with st.spinner(f"Loading {spec.name} and running it once …", show_time=True):
        summary = calls.summary(spec)
    st.subheader(spec.name)
    show_signature(summary)
    show_totals(summary)
    st.subheader("Where parameters and MACs sit")
    st.altair_chart(
        charts.where_it_sits(summary.layers), alt="Share of parameters and MACs by part of the network"
    )
    st.subheader("Layers")
    show_layers(summary.layers)
    st.subheader("How MACs are counted")
    show_counters(summary)
    if mine := own.own(spec.name):
        st.subheader("Where it comes from")
        show_origin(mine, spec.weights)
    if summary.card:
        st.subheader("How this network was trained")
        show_card(summary.card)
