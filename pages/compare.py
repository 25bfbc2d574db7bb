"""Several libraries on one network: the same budget for all, and everything measured side by side."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.compare.features import show_features
from explorer.ui.compare.pick import pick_budget, pick_contenders
from explorer.ui.compare.plan import show_solutions
from explorer.ui.compare.run import compare_panel
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame

spec = frame.draw()
st.title("Compare")
st.markdown(
    "Put up to six runs side by side; the dense network is always there as well. Give all of them one budget, and "
    "each library's own ratio is solved from its plans. Then every library prunes a copy, and all copies are measured."
)
st.subheader("Runs")
contenders = pick_contenders()
budget, keep = pick_budget()
with failures("compare", spec):
    with st.spinner(f"Planning for {spec.name} …", show_time=True):
        solutions = calls.solutions(spec, contenders, budget, keep)
    show_solutions(solutions, budget)
    compare_panel(spec, solutions, calls.summary(spec))
st.subheader("What each library can do")
show_features()
