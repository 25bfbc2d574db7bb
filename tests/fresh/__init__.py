"""Folders to take away, run in truly fresh environments: ``python -m tests.fresh``, or ``make check-exports``."""
