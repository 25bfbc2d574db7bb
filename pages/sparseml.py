"""Prune by SparseML: build a recipe with the plan beside it, run it, and see what masks buy and what not."""

import streamlit as st

from explorer.engine import calls
from explorer.process import island
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame
from explorer.ui.shell.history import show_history
from explorer.ui.sparseml.groups import groups_section
from explorer.ui.sparseml.island import offer_set_up
from explorer.ui.sparseml.limits import show_limits
from explorer.ui.sparseml.plan import recipe_builder
from explorer.ui.sparseml.run import show_run

spec = frame.draw()
st.title("SparseML")
st.markdown(
    "SparseML prunes by a **recipe**: which weights become zero, when, and how many, while the network is trained "
    "or in one shot. Move the slider: recipe, schedule and zeros follow at once, and they are exact."
)
if missing := island.why_missing():
    offer_set_up(missing)
with failures("sparseml", spec):
    with st.spinner(f"Reading the layers of {spec.name} …", show_time=True):
        dense = calls.summary(spec).evaluation
    recipe_builder(spec, dense, missing)
    show_run()
    groups_section(spec)
    show_limits()
show_history()
