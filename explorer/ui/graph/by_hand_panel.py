"""Remove channels by hand: which go with them, the exact plan, and the library's run, beside the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain

import pandas as pd
import streamlit as st

from explorer.backends import DEPGRAPH
from explorer.engine import calls
from explorer.ui.graph import by_hand
from explorer.ui.graph.group_facts import removal_rows, spans, together
from explorer.ui.parts.own_ratios import owner_of
from explorer.ui.parts.plan_figure import share_left
from explorer.ui.parts.widgets import failures
from explorer.ui.pruning.report import accuracy_steps
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import jobs, runs
from explorer.values import ChannelOptions, Group, LayerGraph, NetworkSpec, Report
from explorer.values.by_hand import channels_text
from explorer.words import formats
from explorer.words.glossary import explain

RUN = "by_hand_run"
_NOTHING = "Name some of this group's channels to see what goes with them."


def by_hand_field(spec: NetworkSpec, group: Group, graph: LayerGraph) -> None:
    """The channels of one group that are to go, and what each layer loses with them."""
    if group.id not in owner_of(graph).values():
        st.caption("No channel of this group can be removed by hand.")
        return
    found = by_hand.picked(spec, graph)
    key = f"remove_{group.id}_{by_hand.round_of()}"
    # Not as its default: what was typed is put in order there
    st.session_state.setdefault(key, channels_text(found.get(group.id, ())))
    st.text_input(
        "Remove channels",
        key=key,
        placeholder=f"of 0 to {group.channels - 1}, such as 0,3 or 1-2",
        help=f"{explain('channel')} {explain('by hand')}",
        on_change=lambda: by_hand.pick(group, key),
    )
    named = found.get(group.id, ())
    going = sorted(set(chain.from_iterable(together(group, channel) for channel in named)))
    if len(going) > len(named):
        more = spans([channel for channel in going if channel not in named])
        st.caption(f"Channels {more} go with them: the same positions of all {group.parts}.")
    if going:
        with st.expander("What each layer loses", key="by_hand_rows"):  # folded: the plan and Apply come next
            st.dataframe(pd.DataFrame(removal_rows(group, going)), hide_index=True, height=220)
    else:
        st.caption(_NOTHING)


def by_hand_panel(spec: NetworkSpec, graph: LayerGraph) -> None:
    """All channels that are to go, the exact plan, and what the library made of it; nothing while none is named."""
    found = by_hand.picked(spec, graph)
    if found:
        st.markdown("**Removed by hand**", help=explain("by hand"))
        st.caption("; ".join(_told(graph.groups, found)))
        run = PruningRun(
            spec, DEPGRAPH, ChannelOptions(), by_hand.asked(graph, found), unsaid=("criterion", "scope")
        )
        planned = False
        with failures("by_hand", spec):
            _plan(run)
            planned = True
        with st.container(horizontal=True):
            begin = partial(jobs.start, RUN, run, calls.apply.start, *run.asked)
            jobs.start_button(
                "Apply with Torch-Pruning", "by_hand_apply", begin, primary=True, disabled=not planned
            )
            st.button("Clear channels", key="by_hand_clear", on_click=by_hand.clear)
    runs.show_run(RUN, Report, _report, "Apply")


def _told(groups: Sequence[Group], found: by_hand.Picked) -> list[str]:
    return [
        f"{channels_text(channels)} of group {number} ({formats.plain(groups[number].root)})"
        for number, channels in found.items()
    ]


def _plan(run: PruningRun) -> None:
    plan = calls.plan(*run.asked)
    found = calls.live_accuracy(*run.asked)
    left, middle, right = st.columns(3)
    with left:
        share_left("Parameters", "parameters", plan.params, plan.params_before, formats.count).draw()
    with middle:
        share_left("MACs", "MACs", plan.macs, plan.macs_before, formats.count).draw()
    if found:
        best = found.headline
        how = "re-calibrated" if found.recalibrated else "right after"
        right.metric(
            best.by.title, formats.judged(best.value, best.by), how, delta_color="off", delta_arrow="off"
        )
    for warning in plan.warnings:
        st.warning(formats.plain(warning))


def _report(report: Report) -> None:
    """The last run in short."""
    if done := runs.reported(RUN):
        st.caption(f"Applied: {formats.plain(str(done))}.")
    same = "Torch-Pruning removed exactly these channels, and what is coupled with them."
    runs.plan_against_library(report.differences, same, report.seconds)
    if steps := accuracy_steps(report):
        told = ", ".join(f"{step} {formats.judged(one.value, one.by)}" for step, one in steps)
        st.caption(f"{steps[0][1].by.title}: {told}.")
