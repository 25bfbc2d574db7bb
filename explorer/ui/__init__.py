"""Streamlit widgets, charts and panels; the only folder beside pages/ that knows Streamlit."""
