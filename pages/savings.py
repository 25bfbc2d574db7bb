"""What the runs of this session saved, measured; and what that is in money, by the person's own numbers."""

import streamlit as st

from explorer.ui.savings.panel import savings_panel
from explorer.ui.shell import frame

frame.draw()
st.title("What it saves")
st.markdown("What your runs saved, as measured on this machine.")
savings_panel()
