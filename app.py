"""The pruning explorer: ``streamlit run app.py``."""

from explorer.ui.shell import frame

# A process that a notebook or a test starts from here reads this file, and draws nothing.
if __name__ == "__main__":
    frame.run()
