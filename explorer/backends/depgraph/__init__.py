"""DepGraph: which channels Torch-Pruning removes, planned in closed form."""
