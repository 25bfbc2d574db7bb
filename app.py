"""The pruning explorer: ``streamlit run app.py``."""

import streamlit as st

from explorer.values import system

# A process that a notebook or a test starts from here reads this file, and draws nothing.
if __name__ == "__main__":
    if refusal := system.why_not_here():
        st.error(refusal)
    else:
        from explorer.ui.shell import frame  # what it stands on imports nowhere else

        frame.run()
