"""Finished runs as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from explorer.values import ACCURACY, AppliedRun, Evaluation


def csv(rows: Sequence[AppliedRun]) -> str:
    """The table as comma-separated text."""
    return table(rows).to_csv(index=False)


def table(rows: Sequence[AppliedRun]) -> pd.DataFrame:
    """One line for each run, the newest first; shares are fractions, times in the unit of their name.

    By what networks were judged is told where that is not accuracy throughout.
    """
    lines = pd.DataFrame([_line(number, row) for number, row in reversed([*enumerate(rows, 1)])])
    others = {row.dense.by for row in rows if row.dense} - {ACCURACY}
    return lines if others or not rows else lines.drop(columns="judged by")


def amount_told(row: AppliedRun) -> str:
    """How much was asked for: a fraction, or a count of every layer."""
    return f"{row.amount:.2f}" if isinstance(row.amount, float) else f"{row.amount} each"


def _line(number: int, row: AppliedRun) -> dict[str, object]:
    return {
        "run": number,
        "library": row.library,
        "network": f"{row.network.name}, {row.network.weights}",
        "amount": amount_told(row),
        "options": row.options,
        "judged by": row.dense.by.name if row.dense else "",
        "dense": _right(row.dense),
        "pruned": _right(row.pruned),
        "re-calibrated": _right(row.recalibrated),
        "fine-tuned": _right(row.fine_tuned),
        "parameters": row.params,
        "non-zeros": row.nonzero,
        "MACs": row.macs,
        "effective MACs": row.effective_macs,
        "file size": row.file_bytes,
        "latency, ms": 1e3 * row.latency.median if row.latency else None,
        "library, s": row.seconds,
        "plan = library": row.plan_is_library,
    }


def _right(found: Evaluation | None) -> float | None:
    return found.value if found else None
