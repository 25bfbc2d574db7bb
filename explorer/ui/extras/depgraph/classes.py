"""What is ranked together, and what the other scopes would do at the same ratio; made only while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pandas as pd
import streamlit as st

from explorer.backends import DEPGRAPH, backend_of
from explorer.engine import calls
from explorer.ui.extras.depgraph.ranking_charts import RankedClass, distributions, ranked
from explorer.ui.parts import live_charts
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.live_slider import is_moving
from explorer.ui.parts.trailing import Judged, Position, followed, told
from explorer.ui.parts.widgets import linked_expander
from explorer.ui.shell import state
from explorer.values import (
    ChannelOptions,
    ChannelPlan,
    ChannelScope,
    HeadPruning,
    NetworkSpec,
    RankingClass,
    Yardstick,
)
from explorer.words import formats
from explorer.words.glossary import explain

_ROWS = 12  # classes drawn; the table has all of them
_HEIGHT = 150  # pixels of each scope's chart
_SCALE = (
    "Importance increases from left to right, from the lowest to the highest score of each class; where "
    "scores crowd at the low end, that end is stretched. Hover over a bar for its numbers."
)


def show_classes(spec: NetworkSpec, options: ChannelOptions, plan: ChannelPlan) -> None:
    """The classes of this scope with their groups, and the importance in each; nothing in local scope."""
    if options.scope is ChannelScope.LOCAL:
        return
    part = linked_expander("What is ranked together", "classes_open")
    if not part.open:
        return
    with part:
        classes = _classes(f"{spec.key} {options}", spec, options)
        changes = {group.id: group for group in plan.groups}
        gone = [sum(changes[group].removed for group in one.found.groups) for one in classes]
        channels = [sum(changes[group].channels for group in one.found.groups) for one in classes]
        going = [f"{some} of {all_} channels removed" for some, all_ in zip(gone, channels, strict=True)]
        st.markdown(_told(options, len(classes)), help=explain("class"))
        draw(
            distributions(classes[:_ROWS], going, plan.ratio),
            "distributions",
            "Histogram of importance in each class, with its cut",
        )
        st.caption(_SCALE)
        _table(classes, channels, gone)


@st.cache_resource(max_entries=6, show_spinner=False)
def _classes(key: str, _spec: NetworkSpec, _options: ChannelOptions) -> tuple[RankedClass, ...]:
    """Largest first; kept, since the scores of all channels are a lot to ask for at every redraw."""
    found = [ranked(one, _name(one, _options)) for one in calls.ranking_classes(_spec, _options)]
    return tuple(sorted(found, key=lambda one: -len(one.scores)))


def _name(found: RankingClass, options: ChannelOptions) -> str:
    everything = options.scope is ChannelScope.GLOBAL and found.ratio is None
    if found.of_heads and found.ratio is None:
        return "attention heads"
    return "all channels" if everything else found.name


def _told(options: ChannelOptions, count: int) -> str:
    if options.scope is ChannelScope.GLOBAL:
        heads = " Attention heads are ranked together." if options.heads is HeadPruning.WHOLE else ""
        many = "" if count == 1 else f"{heads} Groups with their own ratio are ranked separately."
        rule = f"All channels of the network are ranked together.{many or heads}"
    else:
        rule = (
            f"The groups form **{count} classes** of the same structure. Each class loses the same share: its "
            "weakest channels, whichever group they belong to."
        )
    shown = f" The chart shows the {_ROWS} largest; the table lists all." if count > _ROWS else ""
    return f"{rule} Channels left of a line are removed.{shown}"


def _table(classes: Sequence[RankedClass], channels: Sequence[int], gone: Sequence[int]) -> None:
    rows = pd.DataFrame(
        {
            "class": [one.name for one in classes],
            "groups": [len(one.found.groups) for one in classes],
            "channels": channels,
            "go": gone,
            "first layer of each group": [", ".join(one.found.roots) for one in classes],
        }
    )
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 250))


def show_scopes(spec: NetworkSpec, options: ChannelOptions, plan: ChannelPlan, is_judged: bool) -> None:
    """Local, global and isomorphic side by side at the same ratio, all other options being the same.

    Args:
        spec: the network.
        options: those that are picked.
        plan: what they do.
        is_judged: whether it can be measured how well the network does.
    """
    part = linked_expander("Local, global and isomorphic side by side", "scopes_open")
    if not part.open:
        return
    with part:
        found = _of_scope(spec, options, plan.ratio) if is_judged else Judged(None)
        by = found.found.dense.by if found.found else None
        all_three = by is not None and _measure_all(by)
        for column, scope in zip(st.columns(len(ChannelScope), gap="medium"), ChannelScope, strict=True):
            with column:
                if scope is options.scope:
                    _scope(scope, plan, _measured(found, by), " · picked")
                else:
                    other = replace(options, scope=scope)
                    theirs = cast(ChannelPlan, calls.plan(spec, DEPGRAPH, other, plan.ratio))
                    measured = _of_scope(spec, other, plan.ratio) if all_three else Judged(None)
                    _scope(scope, theirs, _measured(measured, by))
        st.caption("Output channels of every layer, from input to output; hover over a bar for its name.")


def _measure_all(by: Yardstick) -> bool:
    state.check_link("scopes_accuracy", ("true", "false"), "a state of “Measure”")
    state.show_notices("scopes_accuracy")
    return st.toggle(
        f"Measure the {by.name} of all three",
        key="scopes_accuracy",
        bind="query-params",
        on_change=lambda: state.forget("scopes_accuracy"),
        help="Each takes about 100 ms at every slider position, so the charts lag slightly.",
    )


def _of_scope(spec: NetworkSpec, options: ChannelOptions, ratio: float) -> Judged:
    asked = (spec, DEPGRAPH, options, ratio)
    at = Position(calls.live_accuracy, asked, told(ratio), is_moving(backend_of(DEPGRAPH).amount))
    return followed(f"scope_{options.scope}", asked[:3], at)


def _measured(judged: Judged, by: Yardstick | None) -> str:
    if by is None:
        return ""
    if judged.found is None:
        return f":gray-badge[{by.name} not measured]"
    how = ", re-calibrated" if judged.found.recalibrated else ""
    now = f"{by.name} {formats.judged(judged.found.headline.value, by)}{how}"
    return f":gray-badge[at {judged.at}: {now}]" if judged.at else f":green-badge[measured: {now}]"


def _scope(scope: ChannelScope, plan: ChannelPlan, accuracy: str, note: str = "") -> None:
    st.markdown(f"**{scope}**{note}", help=explain(scope))
    st.markdown(
        f"{formats.count(plan.params)} parameters  \n{formats.count(plan.macs)} MACs  \n{accuracy}".rstrip()
    )
    draw(
        live_charts.widths(plan.layers, _HEIGHT, titled=False),
        f"widths_{scope}",
        f"Output channels of every layer before and after pruning in {scope} scope",
    )
