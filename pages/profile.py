"""Why pruning makes this network faster or not: measured through and through, with a reason for each number."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.widgets import failures
from explorer.ui.profile.growth import growth_panel
from explorer.ui.profile.panel import ProfileRun, pick_request, profile_panel
from explorer.ui.profile.sparse import sparse_cost_panel
from explorer.ui.shell import frame

spec = frame.draw()
st.title("Profile")
st.markdown(
    "What explains the pruned network's speed and accuracy? **Profile** prunes copies with PyTorch native "
    "and DepGraph, measures them alternately, runs counterfactuals and reports the cause, or that the "
    "measurements cannot tell."
)
with failures("profile", spec):
    wanted = ProfileRun(spec, pick_request(calls.summary(spec)))
    profile_panel(wanted)
    sparse_cost_panel(wanted)
growth_panel()
