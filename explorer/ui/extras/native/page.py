"""PyTorch native's extras: amounts that are counts, layers with a ratio of their own, three steps, a second round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import streamlit as st

from explorer.backends import NATIVE, backend_of
from explorer.engine import calls
from explorer.ui.extras.native.options import (
    OWN,
    current_amount,
    follow_count,
    is_count,
    pick_count,
    pick_native_options,
)
from explorer.ui.extras.native.steps import show_steps
from explorer.ui.parts import plan_charts
from explorer.ui.parts.plan_figure import PlanFigure, share_left, share_of_dense
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.report import took
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import runs, state
from explorer.values import (
    Evaluation,
    LiveAccuracy,
    MaskEvidence,
    MaskPlan,
    NativeOptions,
    NetworkSpec,
    NetworkSummary,
    Plan,
    Report,
)
from explorer.values.comparing import AnyOptions
from explorer.words import formats
from explorer.words.glossary import explain


def _pick(summary: NetworkSummary) -> NativeOptions:
    maskable = calls.maskable_layers(summary.spec)
    options = pick_native_options(summary, maskable)
    follow_count(summary, options.layers or maskable, options)
    OWN.keep_in_link()
    state.show_notices("native_unit")
    return options


def _count(options: AnyOptions) -> None:
    """A field takes the slider's place where the amount is a count."""
    if is_count():
        pick_count(cast(NativeOptions, options))


def _masks_attached(plan: Plan) -> Sequence[PlanFigure]:
    """What saving takes while masks are attached."""
    told = f"{explain('masks attached')} {explain('make permanent')}"
    return [share_of_dense("Masks attached", cast(MaskPlan, plan).bytes_masked, plan.bytes, told)]


def _saved_attached(report: Report) -> Sequence[PlanFigure]:
    if not isinstance(report.evidence, MaskEvidence):
        return []
    size, dense = report.evidence.file_masked, report.dense.file_bytes
    return [share_of_dense("Saved, masks attached", size, dense, explain("masks attached"))]


def _note(run: PruningRun, plan: Plan, found: LiveAccuracy | None) -> None:
    st.caption(
        f"**Unchanged:** masks write zeros and keep every shape, so all {formats.count(plan.macs)} MACs are "
        f"still computed. {measured_time(run.spec)}"
    )


def measured_time(spec: NetworkSpec) -> str:
    """What the last report on this network says of the time of a forward pass."""
    done = runs.finished(backend_of(NATIVE).run, Report)
    if done is None or done[0].spec != spec:
        return "**Apply** measures the effect on latency."
    dense, pruned = (formats.timing(found.time) for found in (done[1].dense, done[1].pruned))
    return f"Measured by Apply, with 95 % intervals: {dense} dense, {pruned} with zeros, for one input."


def _live(run: PruningRun, plan: Plan, dense: Evaluation | None) -> None:
    masked = cast(MaskPlan, plan)
    sizes = {row.name: row.maskable for row in masked.layers if row.maskable}
    show_steps(run.spec, cast(NativeOptions, run.options), masked.amount, sizes)


def _own(summary: NetworkSummary, options: AnyOptions) -> None:
    picked = cast(NativeOptions, options)
    layers = picked.layers or calls.maskable_layers(summary.spec)
    with st.expander("Per-layer ratios", expanded=bool(picked.overrides)):
        OWN.table([row for row in summary.layers if row.name in layers], "masked layers")


def _evidence(report: Report) -> None:
    found = report.evidence
    if not isinstance(found, MaskEvidence):
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _masks(report, found)
    with right:
        _rounds(report, found)


def _masks(report: Report, found: MaskEvidence) -> None:
    """Masks attached beside masks made permanent."""
    st.markdown("**Masks attached**, before they are made permanent", help=explain("masks attached"))
    attached, permanent = found.latency_masked, found.latency_permanent
    rows = [("masks attached", attached), ("permanent", permanent)]
    st.altair_chart(
        plan_charts.latencies(rows, 120), alt="Measured latency with masks attached and permanent"
    )
    st.caption(
        f"{took(attached, permanent, 'With masks attached, a pass', 'with permanent zeros')} An "
        "attached mask costs one more multiplication per pass. Saved with masks attached, the first layer "
        f"stores {_names(found.tensors_masked)}; made permanent, {_names(found.tensors_permanent)}. "
        + (
            "Both networks give bit-identical outputs."
            if found.permanent_difference == 0
            else f"Their outputs differ by {found.permanent_difference:.1e} at most."
        )
    )


def _names(tensors: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in tensors)


def _rounds(report: Report, found: MaskEvidence) -> None:
    again, params = found.again, report.plan.params
    st.markdown("**Prune again**, by the same amount", help=explain("prune again"))
    if again.refused:
        st.info(f"The library refused a second round. {formats.plain(again.refused)}")
        return
    first, second = st.columns(2)
    with first:
        share_left("Non-zeros, once", "non-zeros", report.pruned.nonzero, params, formats.count).draw()
    with second:
        share_left("Non-zeros, twice", "non-zeros", again.nonzero, params, formats.count).draw()
    st.caption(
        f"The second round takes its share of what the first round left. {again.containers} parameters now hold a "
        "PruningContainer with both methods. "
        + ("No zeroed value came back." if not again.differences else "Zeroed values came back!")
    )


EXTRAS = Extras(
    intro=("`torch.nn.utils.prune` writes zeros into weights: shapes and MACs do not change."),
    heading="Apply, make permanent, prune again",
    terms=("apply masks",),
    pick=_pick,
    amount=current_amount,
    count=_count,
    figures=_masks_attached,
    note=_note,
    live=_live,
    own=_own,
    same=lambda report: "Every mask of torch.nn.utils.prune equals the plan's exactly.",
    counts=_saved_attached,
    evidence=_evidence,
)
