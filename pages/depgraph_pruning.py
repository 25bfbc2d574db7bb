"""Prune by DepGraph: move the slider for the exact plan, then apply it with the library."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.depgraph.apply_panel import apply_panel
from explorer.ui.depgraph.corrections import show_corrections
from explorer.ui.depgraph.options import pick_options
from explorer.ui.depgraph.overrides import override_table
from explorer.ui.depgraph.plan import current_ratio, live_plan, prepare
from explorer.ui.depgraph.run import Run
from explorer.ui.parts import own_ratios
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame, state
from explorer.ui.shell.history import show_history

spec = frame.draw()
st.title("DepGraph pruning")
st.markdown(
    "Removing a channel from one layer takes it from every layer coupled with it. "
    "Move the slider: the plan follows at once, and it is exact. **Apply** then really prunes a copy and measures it."
)
with failures("pruning", spec):
    summary = calls.summary(spec)
    options = pick_options(summary)
    prepare(spec, options)
    ratio = current_ratio()
    own_ratios.keep_in_link("ratio")
    state.show_notices("ratio")
    live_plan(spec, options, summary.evaluation)
    override_table(spec)
    apply_panel(Run(spec, options, ratio))
show_history()
show_corrections()
