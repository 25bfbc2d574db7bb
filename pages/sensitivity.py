"""How much each group matters, measured; and a budget met with the least loss by it."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.widgets import failures
from explorer.ui.sensitivity.panel import SweepRun, pick_sweep, sensitivity_panel
from explorer.ui.shell import frame
from explorer.words import formats

INTRO = (
    "Not every group can spare its channels. **Measure** prunes one group at a time, on copies, and shows what that "
    "does to {}; then say how small the network should be, and see which group should lose how much."
)

spec = frame.draw()
st.title("Sensitivity")
intro = st.empty()
intro.markdown(INTRO.format("accuracy"))
with failures("sensitivity", spec):
    summary = calls.summary(spec)
    if summary.evaluation:
        intro.markdown(INTRO.format(formats.plain(summary.evaluation.by.name)))
    sensitivity_panel(SweepRun(spec, pick_sweep(summary)), summary)
