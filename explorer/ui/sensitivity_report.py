"""What a sweep found: a heat map over groups and ratios, and a table that leads to each group."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.glossary import explain
from explorer.schema import GroupSensitivity, NetworkSpec, Sensitivity
from explorer.ui import formats, sensitivity_charts
from explorer.ui.sensitivity_budget import budget_panel
from explorer.ui.sensitivity_handover import show_in_graph
from explorer.ui.widgets import measured_badge, pick

_SPARED = 0.01  # accuracy that may go before a ratio counts as harmful
_METRICS = ("accuracy lost", "loss added")


def show_sensitivity(found: Sensitivity, picked: NetworkSpec) -> None:
    """Draw the heat map, the table and the solver.

    Args:
        found: the sweep's result.
        picked: the network picked for all pages, which may be another by now.
    """
    ordered = most_sensitive_first(found)
    st.subheader("One group at a time", help=explain("sensitivity"))
    _origin(found)
    metric = pick("Show", "sweep_metric", _METRICS, f"{explain('accuracy')} {explain('loss')}")
    st.altair_chart(
        sensitivity_charts.heat_map(found, ordered, by_loss=metric == _METRICS[1]),
        alt=f"{metric} for every group at every ratio",
    )
    _table(found, ordered, picked)
    budget_panel(found, picked)


def most_sensitive_first(found: Sensitivity) -> list[GroupSensitivity]:
    """By the accuracy that goes, and by the loss that comes where that says nothing."""
    return sorted(
        found.groups,
        key=lambda group: (found.mean_drop(group), sum(point.loss for point in group.points)),
        reverse=True,
    )


def spared_up_to(found: Sensitivity, group: GroupSensitivity) -> float:
    """The largest ratio up to which no more than a point of accuracy goes; 0 where the first costs more."""
    harmless = 0.0
    for point in group.points:
        if found.drop(point) > _SPARED:
            break
        harmless = point.ratio
    return harmless


def _origin(found: Sensitivity) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        measured_badge(f"{found.dense.examples} train images")
        lost = ""
        if found.lost:
            lost = f" · {found.lost} lost and replaced" if found.lost > 1 else " · 1 was lost and replaced"
        copies = sum(len(group.points) for group in found.groups)
        st.caption(f"{copies} pruned copies by {formats.plain(found.where)} in {found.seconds:.0f} s{lost}")
    st.caption(
        f"Whole, the network classifies {formats.accuracy(found.dense.accuracy)} of these train images rightly. They, "
        "and not the test images, decide below which group loses how much: so the test images can judge it."
    )


def _table(found: Sensitivity, ordered: list[GroupSensitivity], picked: NetworkSpec) -> None:
    st.markdown("**Most sensitive groups first**; click a row to pick a group", help=explain("group"))
    rows = pd.DataFrame(
        {
            "group": [group.layer for group in ordered],
            "channels": [group.channels for group in ordered],
            "mean": [100 * found.mean_drop(group) for group in ordered],
            "spared": [spared_up_to(found, group) for group in ordered],
            "highest": [max(point.loss for point in group.points) - found.dense.loss for group in ordered],
        }
    )
    event = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="sweep_table",
        column_config={
            "group": st.column_config.Column(help=explain("group")),
            "channels": st.column_config.Column(width="small"),
            "mean": st.column_config.NumberColumn(
                "mean accuracy lost", format="%.1f points", help="Mean over all ratios of the heat map."
            ),
            "spared": st.column_config.NumberColumn(
                "harmless up to",
                format="%.1f",
                help="The largest ratio up to which at most one point is lost.",
            ),
            "highest": st.column_config.NumberColumn("most loss added", format="%.2f", help=explain("loss")),
        },
    )
    chosen = event.selection.rows
    show_in_graph(found.spec, ordered[chosen[0]] if chosen and chosen[0] < len(ordered) else None, picked)
