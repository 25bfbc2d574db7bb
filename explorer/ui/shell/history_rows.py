"""A finished run of any library as rows of the history: one, or one for each network that it compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from explorer.ui.compare.fields import KINDS, options_told
from explorer.ui.shell.jobs import AnyRun
from explorer.values import AppliedRun, ApplyReport, FineTuneReport, NativeReport, RunMode, SparseReport
from explorer.values.comparing import Comparison, Finished, Outcome


def rows_of(job_id: str, run: AnyRun, result: object) -> tuple[AppliedRun, ...]:
    """What a run comes to; nothing for a result that nobody compares, such as a download's."""
    if isinstance(result, Comparison):
        return tuple(_compared(job_id, result))
    make = _ROWS.get(type(result))
    return (make(job_id, run, result),) if make else ()


def _removed(job_id: str, run: AnyRun, report: ApplyReport | FineTuneReport) -> AppliedRun:
    return AppliedRun(
        id=job_id,
        library="DepGraph",
        network=run.spec,
        options=run.options_text,
        amount=report.plan.ratio,
        params=report.params,
        params_before=report.plan.params_before,
        nonzero=report.nonzero,
        macs=report.macs,
        macs_before=report.plan.macs_before,
        effective_macs=report.effective_macs,
        file_bytes=report.file_bytes,
        dense=report.dense,
        pruned=report.pruned,
        recalibrated=report.recalibrated,
        fine_tuned=report.fine_tuned if isinstance(report, FineTuneReport) else None,
        seconds=report.library_seconds,
        plan_is_library=report.plan_is_library,
    )


def _masked(job_id: str, run: AnyRun, report: NativeReport) -> AppliedRun:
    plan = report.plan
    return AppliedRun(
        id=job_id,
        library="PyTorch native",
        network=run.spec,
        options=run.options_text,
        amount=plan.amount,
        params=plan.params,
        params_before=plan.params,
        nonzero=report.nonzero,
        macs=report.macs,
        macs_before=plan.macs,
        effective_macs=plan.effective_macs,
        file_bytes=report.file_permanent,
        dense=report.dense,
        pruned=report.pruned,
        latency=report.latency_permanent,
        latency_before=report.latency_dense,
        seconds=report.library_seconds,
        plan_is_library=report.plan_is_library,
    )


def _trained(job_id: str, run: AnyRun, report: SparseReport) -> AppliedRun:
    reached, training = report.reached, report.mode is RunMode.TRAINING
    return AppliedRun(
        id=job_id,
        library="SparseML",
        network=run.spec,
        options=run.options_text,
        amount=report.plan.options.final_sparsity,
        params=sum(row.params for row in reached),
        params_before=report.plan.params,
        nonzero=sum(row.nonzero for row in reached),
        macs=sum(row.macs for row in reached),
        macs_before=report.plan.macs,
        effective_macs=sum(row.effective_macs for row in reached),
        file_bytes=report.plan.bytes,
        dense=report.dense,
        pruned=None if training else report.pruned,
        fine_tuned=report.pruned if training else None,
        latency=report.latency_pruned,
        latency_before=report.latency_dense,
        seconds=report.library_seconds,
        plan_is_library=report.plan_is_library,
    )


def _compared(job_id: str, found: Comparison) -> Iterator[AppliedRun]:
    for letter, run in zip(found.request.letters, found.runs, strict=False):
        if run.outcome:
            yield _one_compared(job_id, letter, found, run, run.outcome)


def _one_compared(job_id: str, letter: str, found: Comparison, run: Finished, outcome: Outcome) -> AppliedRun:
    assert outcome.steps is not None  # as only the dense network has none
    dense, trained = found.dense, found.request.fine_tune if outcome.fine_tuned else None
    told = [*options_told(run.contender), *([f"{trained.epochs} epochs"] if trained else [])]
    return AppliedRun(
        id=f"{job_id}{letter}",
        library=KINDS[run.contender.library].title,
        network=found.request.spec,
        options=f"{', '.join(told)}, compared as {letter}",
        amount=run.contender.ratio,
        params=outcome.params,
        params_before=dense.params,
        nonzero=outcome.nonzero,
        macs=outcome.macs,
        macs_before=dense.macs,
        effective_macs=outcome.effective_macs,
        file_bytes=outcome.file_bytes,
        dense=dense.pruned,
        pruned=outcome.pruned,
        recalibrated=outcome.recalibrated,
        fine_tuned=outcome.fine_tuned,
        latency=outcome.time,
        latency_before=dense.time,
        seconds=outcome.steps.step,
        plan_is_library=run.plan_is_library,
    )


_ROWS: dict[type, Callable[[str, AnyRun, Any], AppliedRun]] = {
    ApplyReport: _removed,
    FineTuneReport: _removed,
    NativeReport: _masked,
    SparseReport: _trained,
}
