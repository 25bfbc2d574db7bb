"""What the network is made of, and where its parameters and its work sit."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.network.check_panel import check_panel
from explorer.ui.network.data_panel import show_data
from explorer.ui.network.panel import show_details, show_room, show_signature, show_totals
from explorer.ui.network.trainings import show_trainings
from explorer.ui.network.upload_panel import upload_panel
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame
from explorer.words.formats import plain

spec = frame.draw()
st.title("Network")
st.markdown(
    "What the network picked in the sidebar is made of, how accurate it is, and which parts of it can be pruned."
)
summary = None
totals, upload, check, data, details = (st.container() for _ in range(5))
with upload:
    upload_panel(spec)
with totals, failures("network", spec):
    with st.spinner(f"Loading {plain(spec.name)} and running it once …", show_time=True):
        summary = calls.summary(spec)
    st.header(plain(spec.name))
    show_signature(summary)
    show_totals(summary)
    show_room(summary)
    with data:
        show_data(spec)
    with details:
        show_details(summary, spec)
        if summary.card and summary.evaluation:
            show_trainings(calls.trainings(spec))
with check:  # last: it takes longest
    check_panel(spec, summary)
