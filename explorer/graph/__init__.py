"""Network -> dependency graph: what is connected, which axes are coupled, and why."""
