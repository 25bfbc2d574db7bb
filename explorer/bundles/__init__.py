"""A pruned network as a folder that works elsewhere, and back: weights, structure, scripts, what made it."""
