"""An export of a few lines: the libraries of all runs."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.values import AppliedRun


def names_of_runs(rows: Sequence[AppliedRun]) -> str:
    return "\n".join(row.library for row in rows)
