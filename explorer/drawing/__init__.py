"""The dependency graph as a drawing: fixed positions, SVG, a standalone HTML page. No torch, no streamlit."""
