"""DepGraph's three steps, walked through on one group with its own numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.engine import calls
from explorer.ui.graph import group_charts
from explorer.ui.graph.group_facts import (
    in_short,
    member_rows,
    reason_counts,
    removal_rows,
    removed_channels,
    spans,
    unscored,
)
from explorer.ui.parts.live_slider import live_slider
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import state
from explorer.values import ChannelCriterion, ChannelOptions, Group, NetworkSpec
from explorer.words.formats import share
from explorer.words.glossary import explain

_STEPS = ("1 · Grouping", "2 · Importance", "3 · Removal")
_RATIO = "group_ratio"
_COLUMN_HELP = {
    "layer": "layer",
    "axis": "axis",
    "width": "width",
    "schema": "schema",
    "coupling": "inter- and intra-layer",
    "pruning function": "pruning function",
}


@st.fragment
def steps(spec: NetworkSpec, group: Group, criterion: ChannelCriterion) -> None:
    """Draw the step that is picked; only this part runs again while its slider is dragged."""
    st.header(f"How DepGraph prunes group {group.id}, in three steps", help=explain("dependency graph"))
    step = st.segmented_control(
        "Step",
        _STEPS,
        default=_STEPS[0],
        key="group_step",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    # It stands on every step, so that no step's columns take its place in the page and linger there.
    slider = st.container()
    with failures("steps", spec):
        if step == _STEPS[0]:
            _grouping(group)
        elif not group.prunable:
            st.info(f"DepGraph stops here for this group: {group.kept_because}")
        elif (scores := calls.importance(spec, criterion).get(group.id)) is None:
            st.info(unscored(group, criterion))
        elif step == _STEPS[1]:
            _importance(scores, criterion)
        else:
            _removal(spec, group, criterion, scores, slider)


def _grouping(group: Group) -> None:
    kinds = ", ".join(f"{count} × {reason}" for reason, count in reason_counts(group))
    st.markdown(
        f"**Who must lose the same channels?** Start anywhere in the group, here at `{group.root}`, and "
        "follow the data: every layer that reads these channels, or is added to, concatenated with or scaled "
        "by them, must lose the same ones. Repeat until no layer is added. This walk ends with "
        f"**{len(group.members)} members** in **{len(group.layers)} layers** ({kinds}). Their "
        f"{group.channels:,} channels form one unit."
    )
    columns = {name: st.column_config.Column(help=explain(term)) for name, term in _COLUMN_HELP.items()}
    columns["why it is coupled"] = st.column_config.TextColumn(width="large", help=explain("coupling"))
    st.dataframe(pd.DataFrame(member_rows(group)), hide_index=True, column_config=columns)


def _importance(scores: Sequence[float], criterion: ChannelCriterion) -> None:
    words, chart = st.columns(2, gap="medium")
    name = criterion.label
    one = (
        "" if not criterion.traits.normalised else ", divided by the group's mean, so 1 is an average channel"
    )
    with words:
        st.markdown(
            "**Which channels matter least?** Each layer scores every channel; a channel's importance is the "
            f"mean score over the group's layers{one}.\n\n**{name}**: "
            f"{explain(name)}\n\n{in_short(scores, criterion)}"
        )
    with chart:
        st.altair_chart(group_charts.ranking(scores), key="scores")


def _removal(
    spec: NetworkSpec,
    group: Group,
    criterion: ChannelCriterion,
    scores: Sequence[float],
    slider: DeltaGenerator,
) -> None:
    ratio = state.start_fraction(_RATIO, 0.3, 0.95)
    state.show_notices(_RATIO)
    gone = removed_channels(group, calls.removed(spec, ChannelOptions(criterion), ratio))
    words, chart = st.columns(2, gap="medium")
    with words:
        st.markdown(
            (
                f"**They are removed from every member at once.** At this ratio **{len(gone):,} of "
                f"{group.channels:,}** channels go"
            )
            + (f": {spans(gone, 5)}." if gone else ".")
        )
        rows = pd.DataFrame(
            removal_rows(group, gone) if gone else [], columns=["layer", "shape", "channels", "axis"]
        )
        st.dataframe(rows, hide_index=True, height=220)
    with chart:
        st.altair_chart(group_charts.ranking(scores, set(gone)), key="ranked")
        st.caption(
            f"{share(len(gone), group.channels)} of the channels go; the shapes in the table are exact."
        )
    with slider:
        live_slider("Share of channels to remove", _RATIO)
