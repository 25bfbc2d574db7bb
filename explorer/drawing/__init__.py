"""The dependency graph as a drawing: fixed positions, SVG, its own browser code, HTML pages. No torch, no streamlit."""
