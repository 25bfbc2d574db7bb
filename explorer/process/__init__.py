"""Processes of our own: engines, jobs, sweeps and the island. Knows no pruning and no torch."""

from explorer.values import system

if _refusal := system.why_not_here():
    raise ImportError(_refusal)  # rather than that some module of Python's own is missing
