"""Networks of other packages, with random weights: pruned and right, with nothing named by hand."""

from __future__ import annotations
