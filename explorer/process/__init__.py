"""Processes of our own: engines, long runs, sweeps and the island. Knows no pruning and no torch."""
