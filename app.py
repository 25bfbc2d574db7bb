"""The pruning explorer: ``streamlit run app.py``."""

from explorer.ui import frame

frame.run()
