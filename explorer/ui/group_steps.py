"""DepGraph's three steps, walked through on one group with its own numbers."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer import service
from explorer.schema import Criterion, Group, NetworkSpec, PruningOptions
from explorer.ui import group_charts, state
from explorer.ui.formats import share
from explorer.ui.group_facts import reason_counts, removal_rows, removed_channels, spans, stored
from explorer.ui.live_slider import live_slider
from explorer.ui.widgets import failures

_STEPS = ("1 · Grouping", "2 · Importance", "3 · Removal")
_RATIO = "group_ratio"


@st.fragment
def steps(spec: NetworkSpec, group: Group, criterion: Criterion) -> None:
    """Draw the step that is picked; only this part runs again while its slider is dragged."""
    step = st.segmented_control(
        "Step",
        _STEPS,
        default=_STEPS[0],
        key="group_step",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    with failures("steps", spec):
        if step == _STEPS[0]:
            _grouping(group)
        elif not group.prunable:
            st.info(f"DepGraph stops here for this group: {group.kept_because}")
        elif step == _STEPS[1]:
            _importance(spec, group, criterion)
        else:
            _removal(spec, group, criterion)


def _grouping(group: Group) -> None:
    words, chart = st.columns(2, gap="medium")
    names = ", ".join(f"`{name}`" for name in group.layers[:3])
    rest = len(group.layers) - 3
    with words:
        st.markdown(
            f"**Who must lose the same channels?** Start anywhere in the group, here at `{group.root}`, and follow "
            "the data: whoever reads these channels, and whoever is added to, joined with or scaled by them, "
            "has to lose the same ones. Repeat until nobody new turns up.\n\n"
            f"The walk ends with **{len(group.members)} members** in **{len(group.layers)} layers**: {names}"
            f"{f' and {rest} more' if rest > 0 else ''}. From here on the {group.channels} channels of all "
            "of them are one thing."
        )
    with chart:
        st.altair_chart(group_charts.reasons(reason_counts(group), height=220), key="reasons")


def _importance(spec: NetworkSpec, group: Group, criterion: Criterion) -> None:
    scores = service.importance(spec, criterion)[group.id]
    order = sorted(range(len(scores)), key=scores.__getitem__)
    words, chart = st.columns(2, gap="medium")
    rule = "squares" if criterion is Criterion.L2 else "absolute values"
    with words:
        st.markdown(
            f"**Which channels matter least?** Each of the {len(stored(group))} members that store weights scores "
            f"every channel by the sum of the {rule} of its weights. Their mean is the channel's importance, divided by "
            f"the group's mean, so that 1 is an average channel.\n\n"
            f"The three that matter least are channels **{order[0]}**, "
            + " and ".join(f"**{channel}**" for channel in order[1:3])
            + f", at {', '.join(f'{scores[channel]:.3g}' for channel in order[:3])}. "
            f"The strongest is channel **{order[-1]}** at {scores[order[-1]]:.3g}."
        )
    with chart:
        st.altair_chart(group_charts.ranking(scores, ()), key="scores")


def _removal(spec: NetworkSpec, group: Group, criterion: Criterion) -> None:
    slider = st.container()
    ratio = state.start_fraction(_RATIO, 0.3, 0.95)
    scores = service.importance(spec, criterion)[group.id]
    plan = service.plan(spec, PruningOptions(criterion), ratio)
    gone = removed_channels(group, plan.removed)
    words, chart = st.columns(2, gap="medium")
    with words:
        st.markdown(
            f"**They go from every member at once.** At this ratio **{len(gone)} of {group.channels}** channels go"
            + (f": {spans(gone, 5)}." if gone else ".")
        )
        rows = pd.DataFrame(
            removal_rows(group, gone) if gone else [], columns=["layer", "axis", "channels", "shape"]
        )
        st.dataframe(rows, hide_index=True, height=220)
    with chart:
        st.altair_chart(group_charts.ranking(scores, set(gone)), key="ranked")
        st.caption(f"{share(len(gone), group.channels)} of the channels go; shapes above are exact.")
    with slider:
        live_slider("Share of the channels that goes", _RATIO)
