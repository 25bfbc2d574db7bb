"""What pruning does to answers: which images flip, which classes pay, what is taken for what."""

from functools import partial

import streamlit as st

from explorer.engine import calls
from explorer.ui.behaviour.every import show_all
from explorer.ui.behaviour.panel import amount_of, behaviour_panel, show_behaviour
from explorer.ui.behaviour.pick import pick_library
from explorer.ui.parts.prepare import prepare
from explorer.ui.parts.widgets import failures, not_measured
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import frame

spec = frame.draw()
st.title("Behaviour")
st.markdown("Move the slider: see which answers **flip**, which classes pay, and which are confused.")
with failures("behaviour", spec):
    with st.spinner(f"Loading {spec.name} …", show_time=True):
        summary = calls.summary(spec)
    if summary.evaluation is None:
        not_measured()
    else:
        backend, options = pick_library(summary)
        run = PruningRun(spec, backend, options, amount_of(backend))
        if prepare(*run.asked[:3]):
            behaviour_panel(run, summary)
        show_all(partial(show_behaviour, place="_all"))
