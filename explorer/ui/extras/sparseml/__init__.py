"""The SparseML page: a recipe built from widgets or text, its plan, and its runs."""
