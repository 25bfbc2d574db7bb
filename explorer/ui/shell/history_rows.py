"""A finished run of any library as rows of the history: one, or one for each network that it compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from explorer.backends import backend_of, fields_of
from explorer.backends.codec import as_json
from explorer.backends.contenders import told as told_of
from explorer.ui.shell.jobs import AnyRun
from explorer.values import AppliedRun, MaskPlan, Outcome, Report
from explorer.values.comparing import Comparison, Finished
from explorer.values.project import Kept, Wanted


def rows_of(job_id: str, run: AnyRun, result: object) -> tuple[AppliedRun, ...]:
    """What a run comes to; nothing for a result that nobody compares, such as a download's."""
    if isinstance(result, Comparison):
        return tuple(_compared(job_id, result))
    return (_applied(job_id, run, result),) if isinstance(result, Report) else ()


def kept_of(job_id: str, run: AnyRun, result: object, parent: str = "") -> tuple[Kept, ...]:
    """The same as a project keeps them; what is of this server alone is left out."""
    asked = result.runs if isinstance(result, Comparison) else ()
    wanted = [_contender(result, one) for one in asked if one.outcome] if asked else [wanted_of(run)]
    rows = (
        replace(row, network=replace(row.network, version=0, upload=""))
        for row in rows_of(job_id, run, result)
    )
    return tuple(Kept(row, again, parent) for row, again in zip(rows, wanted, strict=False))


def wanted_of(run: Any) -> Wanted | None:
    """Enough to start a run of a library again."""
    if not isinstance(backend := getattr(run, "backend", None), str):
        return None
    return Wanted(backend, as_json(run.options, fields_of(backend)), run.amount, run.settings)


def _contender(found: Any, run: Finished) -> Wanted:
    one, trained = run.contender, found.request.fine_tune
    options = as_json(one.options, fields_of(one.library))
    return Wanted(
        one.library, options, one.ratio, trained if run.outcome and run.outcome.fine_tuned else None
    )


def _applied(job_id: str, run: AnyRun, report: Report) -> AppliedRun:
    pruned, plan = report.pruned, report.plan
    by_recipe = bool(report.curve) and report.settings is None  # it pruned while it trained
    return AppliedRun(
        id=job_id,
        library=backend_of(report.backend).name,
        network=run.spec,
        options=run.options_text,
        amount=plan.amount if isinstance(plan, MaskPlan) else plan.ratio,
        pruned=None if by_recipe else pruned.pruned,
        recalibrated=None if by_recipe else pruned.recalibrated,
        fine_tuned=pruned.pruned if by_recipe else pruned.fine_tuned,
        seconds=report.seconds,
        plan_is_library=report.plan_is_library,
        **_counted(report.dense, pruned),
    )


def _compared(job_id: str, found: Comparison) -> Iterator[AppliedRun]:
    for letter, run in zip(found.request.letters, found.runs, strict=False):
        if run.outcome:
            yield _one_compared(job_id, letter, found, run, run.outcome)


def _one_compared(job_id: str, letter: str, found: Comparison, run: Finished, outcome: Outcome) -> AppliedRun:
    assert outcome.steps is not None  # as only the dense network has none
    trained = found.request.fine_tune if outcome.fine_tuned else None
    told = [*told_of(run.contender), *([f"{trained.epochs} epochs"] if trained else [])]
    return AppliedRun(
        id=f"{job_id}{letter}",
        library=backend_of(run.contender.library).name,
        network=found.request.spec,
        options=f"{', '.join(told)}, compared as {letter}",
        amount=run.contender.ratio,
        pruned=outcome.pruned,
        recalibrated=outcome.recalibrated,
        fine_tuned=outcome.fine_tuned,
        seconds=outcome.steps.step,
        plan_is_library=run.plan_is_library,
        **_counted(found.dense, outcome),
    )


def _counted(dense: Outcome, pruned: Outcome) -> dict[str, Any]:
    """What every run has of both networks."""
    return {
        "params": pruned.params,
        "params_before": dense.params,
        "nonzero": pruned.nonzero,
        "nonzero_before": dense.nonzero,
        "macs": pruned.macs,
        "macs_before": dense.macs,
        "effective_macs": pruned.effective_macs,
        "effective_macs_before": dense.effective_macs,
        "file_bytes": pruned.file_bytes,
        "dense": dense.pruned,
        "latency": pruned.time,
        "latency_before": dense.time,
    }
