"""The landing page: what the network is made of, and where its parameters and its work sit."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.network.check_panel import check_panel
from explorer.ui.network.panel import show_details, show_totals
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame
from explorer.words import formats

_SHOWS = (
    "This app shows what can be cut out of a neural network, and what that saves and costs. "
    "Pick a network on the left; this page says what it is made of. "
    "Then open **Dependency graph** to see which layers must lose channels together, "
    "or **DepGraph pruning** to move a slider and watch the network shrink."
)

spec = frame.draw()
st.title("Network")
st.markdown(_SHOWS)
summary = None
totals, check, details = st.container(), st.container(), st.container()
with totals, failures("network", spec):
    with st.spinner(f"Loading {spec.name} and running it once …", show_time=True):
        summary = calls.summary(spec)
    st.subheader(spec.name)
    st.caption(
        f"Input {formats.shape(summary.input_shape)} · {summary.classes} classes · {len(summary.layers)} layers"
    )
    show_totals(summary)
    with details:
        show_details(summary)
with check:  # last: it takes longest
    check_panel(spec, summary)
