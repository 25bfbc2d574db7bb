"""What a sweep found: a heat map over groups and ratios, and a table that leads to each group."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.ui.parts.sensitivity_metrics import metrics_of, spared_up_to
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
        by = found.dense.by
        told = " ".join(explain(term) for term in (by.term, by.beside_term) if term)
        ways = {way.label: way for way in metrics_of(found)}
        metric = ways[pick("Show", "sweep_metric", tuple(ways), told)]
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
    """By what goes of what the network is judged by, and by the loss that comes where that says nothing."""
    return sorted(
        found.groups,
        key=lambda group: (found.mean_drop(group), sum(point.loss for point in group.points)),
        reverse=True,
    )


def _origin(found: Sensitivity) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        by = found.dense.by
        measured_badge(f"{found.dense.examples:,} {by.chosen_on}" if by.chosen_on else by.on(0))
        lost = ""
        if found.lost:
            lost = f" · {found.lost} lost and replaced" if found.lost > 1 else " · 1 was lost and replaced"
        copies = sum(len(group.points) for group in found.groups)
        st.caption(
            f"{copies} copies pruned by {formats.plain(found.where)} in {formats.elapsed(found.seconds)}{lost}"
        )
    st.caption(formats.plain(by.note) if by.note else _whole(found))


def _whole(found: Sensitivity) -> str:
    return (
        f"Unpruned training accuracy: {formats.accuracy(found.dense.value)}. Ratios are chosen on training images, so "
        "test accuracy is unbiased."
    )


def _table(found: Sensitivity, ordered: list[GroupSensitivity]) -> None:
    st.markdown("**Most sensitive groups first**; click a row to pick a group", help=explain("group"))
    by = found.dense.by
    scale = 100 if by.is_share else 1
    rows = pd.DataFrame(
        {
            "group": [group.layer for group in ordered],
            "channels": [group.channels for group in ordered],
            "mean": [scale * found.mean_drop(group) for group in ordered],
            "spared": [spared_up_to(found, group) for group in ordered],
            "highest": [max(point.loss for point in group.points) - found.dense.loss for group in ordered],
        }
    )
    first, beside = metrics_of(found)[0].label, by.beside or by.name
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
                f"mean {first}",
                format="%.1f points" if by.is_share else "%.4g",
                help="Mean over all ratios of the heat map.",
            ),
            "spared": st.column_config.NumberColumn(
                "harmless up to",
                format="%.1f",
                help=f"The largest ratio up to which at most {'one point' if by.is_share else 'a hundredth'} is lost.",
            ),
            "highest": st.column_config.NumberColumn(
                f"most {beside} added", format="%.2f", help=explain(by.beside_term or by.term)
            ),
        },
    )
