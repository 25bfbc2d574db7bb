"""What a sweep found: a heat map over groups and ratios, and a table that leads to each group."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.ui.parts.sensitivity_metrics import METRICS, spared_up_to
from explorer.ui.parts.widgets import measured_badge, pick
from explorer.ui.sensitivity import charts
from explorer.ui.sensitivity.budget import budget_panel
from explorer.ui.sensitivity.network import TABLE, pick_ratio, picked_in_table, show_network
from explorer.ui.shell import state
from explorer.values import GroupSensitivity, NetworkSpec, Sensitivity
from explorer.words import formats
from explorer.words.glossary import explain


def show_sensitivity(found: Sensitivity, picked: NetworkSpec) -> None:
    """Draw the network in colours, the table, the heat map and the solver.

    Args:
        found: the sweep's result.
        picked: the network picked for all pages, which may be another by now.
    """
    st.header("One group at a time", help=explain("sensitivity"))
    _origin(found)
    _one_at_a_time(found, picked)
    budget_panel(found, picked)


@st.fragment
def _one_at_a_time(found: Sensitivity, picked: NetworkSpec) -> None:
    """All that a click on a group, or another way to count, changes; only this part runs again then."""
    ordered = most_sensitive_first(found)
    with st.container(horizontal=True, gap="medium"):
        told = f"{explain('accuracy')} {explain('loss')}"
        metric = METRICS[pick("Show", "sweep_metric", tuple(METRICS), told)]
        ratio = pick_ratio(found)
    state.show_notices("sweep_metric", "sweep_ratio")
    show_network(found, ordered, metric, ratio, picked)
    _table(found, ordered)
    st.markdown("**Every group at every ratio**", help=explain("pruning ratio"))
    st.altair_chart(
        charts.heat_map(found, ordered, metric),
        alt=f"{metric.label} for every group at every ratio",
    )


def most_sensitive_first(found: Sensitivity) -> list[GroupSensitivity]:
    """By the accuracy that goes, and by the loss that comes where that says nothing."""
    return sorted(
        found.groups,
        key=lambda group: (found.mean_drop(group), sum(point.loss for point in group.points)),
        reverse=True,
    )


def _origin(found: Sensitivity) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        measured_badge(f"{found.dense.examples} train images")
        lost = ""
        if found.lost:
            lost = f" · {found.lost} lost and replaced" if found.lost > 1 else " · 1 was lost and replaced"
        copies = sum(len(group.points) for group in found.groups)
        st.caption(f"{copies} pruned copies by {formats.plain(found.where)} in {found.seconds:.0f} s{lost}")
    st.caption(
        f"Unpruned training accuracy: {formats.accuracy(found.dense.accuracy)}. Ratios are chosen on training "
        "images, so test accuracy is unbiased."
    )


def _table(found: Sensitivity, ordered: list[GroupSensitivity]) -> None:
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
    st.dataframe(
        rows,
        hide_index=True,
        on_select=lambda: picked_in_table(ordered),
        selection_mode="single-row",
        key=TABLE,
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
