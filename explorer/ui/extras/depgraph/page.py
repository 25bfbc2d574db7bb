"""DepGraph's extras: groups with a ratio of their own, what is ranked together, heads, and the check by zeroing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import streamlit as st

from explorer.backends import DEPGRAPH, backend_of
from explorer.ui.extras.depgraph.classes import show_classes, show_scopes
from explorer.ui.extras.depgraph.corrections import show_corrections
from explorer.ui.extras.depgraph.heads import show_heads
from explorer.ui.extras.depgraph.sparse_training import sparse_training_panel
from explorer.ui.parts import own_ratios
from explorer.ui.parts.blocks import with_blocks
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.group_ratios import override_table
from explorer.ui.parts.option_panel import OptionPanel, with_channels
from explorer.ui.parts.plan_figure import PlanFigure
from explorer.ui.parts.widgets import failures
from explorer.ui.parts.widths_left import before_and_after
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import runs
from explorer.values import (
    ChannelOptions,
    ChannelPlan,
    Evaluation,
    LiveAccuracy,
    NetworkSummary,
    Plan,
    RemovalEvidence,
    Report,
)
from explorer.values.comparing import AnyOptions
from explorer.words import formats
from explorer.words.glossary import explain

_SAME = 1e-4  # rounding gives about 1e-7; a wrongly cut channel more than this
_STATISTICS = (
    "**Right after** pruning, BatchNorm still uses the dense network's statistics. **Re-calibration** recomputes "
    "them from {:,} training inputs; no weight changes."
)


def _pick(summary: NetworkSummary) -> ChannelOptions:
    panel = OptionPanel(DEPGRAPH, summary, with_blocks(with_channels(summary)), shared=("keep",))
    picked: ChannelOptions = panel.draw()
    panel.options = replace(picked, overrides=_own_ratios(summary, picked.keep))
    panel.tell("overrides")
    own_ratios.keep_in_link("ratio")
    return panel.options


def _own_ratios(summary: NetworkSummary, keep: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Of groups that may lose channels; keeping a layer keeps its group whole."""
    spec, own = summary.spec, own_ratios.own_ratios(summary.spec)
    idle = own_ratios.settled_by_keeping(own, keep, graph_of(spec.key, spec)) if own and keep else ()
    if idle:
        named = formats.plain(", ".join(idle))
        st.info(f"The ratio set for {named} has no effect: a layer of its group is among the layers to keep.")
    return tuple((layer, ratio) for layer, ratio in own if layer not in idle)


def _note(run: PruningRun, plan: Plan, found: LiveAccuracy | None) -> None:
    if found and found.seen:
        st.caption(_STATISTICS.format(found.seen))
    show_heads(run.spec, cast(ChannelPlan, plan), cast(ChannelOptions, run.options).heads)


def _output_shape(report: Report) -> Sequence[PlanFigure]:
    if not isinstance(report.evidence, RemovalEvidence):
        return []
    shape = formats.shape(report.evidence.output_shape)
    return [PlanFigure("Output shape", shape, "", "The shape that one forward pass returned.")]


def _live(run: PruningRun, plan: Plan, dense: Evaluation | None) -> None:
    options, planned = cast(ChannelOptions, run.options), cast(ChannelPlan, plan)
    show_classes(run.spec, options, planned)
    show_scopes(run.spec, options, planned, dense is not None)


def _own(summary: NetworkSummary, options: AnyOptions) -> None:
    override_table(summary.spec)
    sparse_training_panel(summary)


def _same(report: Report) -> str:
    if report.plan.estimate:
        return "Every layer has the estimated width."
    return "Torch-Pruning removed exactly the planned channels."


def _removing_is_zeroing(report: Report) -> None:
    if not isinstance(report.evidence, RemovalEvidence):
        return
    largest = formats.small_share(report.evidence.difference)
    found = f"Largest difference: {largest} of the largest output."
    if report.evidence.note:
        st.info(f"**Removing and zeroing differ by design.** {report.evidence.note} {found}")
    elif report.evidence.difference <= _SAME:
        st.success(f"**Removing = zeroing.** {found}", icon=":material/check:")
    else:
        st.error(
            f"**Removing is not zeroing.** {found} The wrong channels were removed: do not use this network."
        )


def _drawings(report: Report) -> None:
    """The network that was applied to, which need not be the one that is picked now."""
    done = runs.reported(backend_of(DEPGRAPH).run)
    if isinstance(done, PruningRun):
        with failures("before_after", done.spec):
            st.markdown("**The network, before and after**", help=explain("width"))
            before_and_after(done.spec, report)


EXTRAS = Extras(
    intro=("Removing a channel from one layer forces its removal from every coupled layer."),
    pick=_pick,
    note=_note,
    live=_live,
    own=_own,
    same=_same,
    verdict=_removing_is_zeroing,
    counts=_output_shape,
    evidence=_drawings,
    after=lambda spec: show_corrections(),
)
