"""Ratios measured side by side in one run: ``make bench``. Never asserted: machines differ, and so do days."""
