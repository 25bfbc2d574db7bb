"""The Dependency graph page: the drawing, and what is known of the group that was clicked."""
