"""The page of what pruning saved."""
