"""Pinned runs side by side: one column each."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import streamlit as st

from explorer.exports.runs import amount_told
from explorer.ui.runs.tree import labels
from explorer.values import AppliedRun, Evaluation
from explorer.values.project import Project
from explorer.words import formats

DASH = "–"


def show_pinned(shown: Project) -> None:
    """A table of what was asked and what came of it, where two runs or more are pinned."""
    pinned = [kept for kept in shown.runs if kept.pinned]
    st.header("Pinned, side by side")
    if len(pinned) < 2:
        st.caption("Pin two or more runs to see them side by side.")
        return
    called = labels(shown)
    told = {called[kept.id]: dict(_lines(kept.run)) for kept in pinned}
    table = pd.DataFrame(told).dropna(how="all").fillna(DASH)
    st.dataframe(table, height="content", key="runs_pinned", alt="Pinned runs, one column each")


def _lines(run: AppliedRun) -> Iterator[tuple[str, str | None]]:
    """What is known of it, by its name; None where it was not measured."""
    yield "network", f"{run.network.name}, {run.network.weights}"
    yield "library", run.library
    yield "options", run.options
    yield "amount", amount_told(run)
    yield "dense", _worth(run.dense)
    yield "pruned", _worth(run.pruned)
    yield "re-calibrated", _worth(run.recalibrated)
    yield "fine-tuned", _worth(run.fine_tuned)
    yield "parameters", _left(run.params, run.params_before, run)
    yield "non-zeros", _left(run.nonzero, run.params_before, run)
    yield "MACs", _left(run.macs, run.macs_before, run)
    yield "effective MACs", _left(run.effective_macs, run.macs_before, run)
    yield "file size", formats.file_size(run.file_bytes)
    yield "latency", formats.timing(run.latency) if run.latency else None
    yield "latency, dense", formats.timing(run.latency_before) if run.latency_before else None


def _worth(found: Evaluation | None) -> str | None:
    return f"{formats.judged(found.value, found.by)} {found.by.name}" if found else None


def _left(now: int, before: int, run: AppliedRun) -> str:
    """A count with its share, also of the first dense network where that is not the one that the run pruned."""
    origin, share = run.network.origin, formats.share(now, before)
    if origin is None:
        return f"{formats.count(now)} ({share} of dense)"
    first = origin.params if before == run.params_before else origin.macs
    return f"{formats.count(now)} ({share} of its network, {formats.share(now, first)} of {origin.base})"
