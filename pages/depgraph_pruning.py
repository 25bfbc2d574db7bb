"""Prune by DepGraph: move the slider for the exact plan, then apply it with the library."""

import streamlit as st

from explorer import service
from explorer.ui import frame, state
from explorer.ui.apply_panel import apply_panel
from explorer.ui.depgraph_run import Run
from explorer.ui.history import show_history
from explorer.ui.live_plan import current_ratio, live_plan
from explorer.ui.pruning_options import pick_options
from explorer.ui.widgets import failures

spec = frame.draw()
st.title("DepGraph pruning")
st.markdown(
    "Removing a channel from one layer takes it from every layer coupled with it. "
    "Move the slider: the plan follows at once, and it is exact. **Apply** then really prunes a copy and measures it."
)
with failures("pruning", spec):
    summary = service.summary(spec)
    options = pick_options(summary.layers)
    with st.spinner(f"Reading which layers of {spec.name} are coupled …", show_time=True):
        service.prepare(spec, options)
    ratio = current_ratio()
    state.show_notices("ratio")
    live_plan(spec, options, summary.evaluation)
    apply_panel(Run(spec, options, ratio))
show_history()
