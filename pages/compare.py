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
    "Compare up to six runs with each other and with the dense network. Under one budget, each run's ratio "
    "is solved from its library's plans; then each library prunes a copy, and all copies are measured side "
    "by side."
)
with failures("compare", spec):
    with st.spinner(f"Loading {spec.name} …", show_time=True):
        summary = calls.summary(spec)
    st.header("Runs")
    contenders = pick_contenders(summary)
    budget, keep = pick_budget()
    with st.spinner(f"Planning for {spec.name} …", show_time=True):
        solutions = calls.solutions(spec, contenders, budget, keep)
    show_solutions(solutions, budget)
    compare_panel(spec, solutions, summary)
st.header("What each library can do")
show_features()
