"""Several libraries on one network: the same budget for all, and everything measured side by side."""
