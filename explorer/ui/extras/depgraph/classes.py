"""What is ranked together, and what the other scopes would do at the same ratio; made only while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pandas as pd
import streamlit as st

from explorer.backends import DEPGRAPH
from explorer.engine import calls
from explorer.ui.extras.depgraph.ranking_charts import RankedClass, distributions, ranked
from explorer.ui.parts import live_charts
from explorer.ui.parts.live_charts import draw
from explorer.values import (
    ChannelOptions,
    ChannelPlan,
    ChannelScope,
    Evaluation,
    NetworkSpec,
    RankingClass,
    Yardstick,
)
from explorer.words import formats
from explorer.words.glossary import explain

_ROWS = 12  # classes drawn; the table has all of them
_HEIGHT = 150  # pixels of each scope's chart
_SCALE = (
    "Importance grows from left to right, in each row from the lowest of its class to the highest; "
    "where most scores crowd at the low end, that end is stretched. Point at a bar for its numbers."
)


def show_classes(spec: NetworkSpec, options: ChannelOptions, plan: ChannelPlan) -> None:
    """The classes of this scope with their groups, and the importance in each; nothing in local scope."""
    if options.scope is ChannelScope.LOCAL:
        return
    part = st.expander("What is ranked together", key="classes_open", bind="query-params")
    if not part.open:
        return
    with part:
        classes = _classes(f"{spec.key} {options}", spec, options)
        changes = {group.id: group for group in plan.groups}
        gone = [sum(changes[group].removed for group in one.found.groups) for one in classes]
        channels = [sum(changes[group].channels for group in one.found.groups) for one in classes]
        going = [f"{some} of {all_} channels go" for some, all_ in zip(gone, channels, strict=True)]
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
    return "all channels" if everything else found.name


def _told(options: ChannelOptions, count: int) -> str:
    if options.scope is ChannelScope.GLOBAL:
        many = "" if count == 1 else " Groups with a ratio of their own stand apart."
        rule = f"All channels of the network are ranked against each other.{many}"
    else:
        rule = (
            f"The groups fall into **{count} classes** of the same make-up. Each class loses the same share, and "
            "within it the weakest channels go, from whichever group they are."
        )
    shown = f" The {_ROWS} largest are drawn, the table has all." if count > _ROWS else ""
    return f"{rule} What lies left of a line goes.{shown}"


def _table(classes: Sequence[RankedClass], channels: Sequence[int], gone: Sequence[int]) -> None:
    rows = pd.DataFrame(
        {
            "class": [one.name for one in classes],
            "groups": [len(one.found.groups) for one in classes],
            "channels": channels,
            "go": gone,
            "a layer of each group": [", ".join(one.found.roots) for one in classes],
        }
    )
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 250))


def show_scopes(
    spec: NetworkSpec, options: ChannelOptions, plan: ChannelPlan, pruned: Evaluation | None
) -> None:
    """Local, global and isomorphic side by side at the same ratio, all other options being the same.

    Args:
        spec: the network.
        options: those that are picked.
        plan: what they do.
        pruned: how well that plan does; None where that cannot be measured.
    """
    part = st.expander("Local, global and isomorphic side by side", key="scopes_open", bind="query-params")
    if not part.open:
        return
    with part:
        all_three = pruned is not None and _measure_all(pruned.by)
        for column, scope in zip(st.columns(len(ChannelScope), gap="medium"), ChannelScope, strict=True):
            with column:
                if scope is options.scope:
                    _scope(scope, plan, _measured(pruned, pruned.by) if pruned else "", " · picked")
                else:
                    other = replace(options, scope=scope)
                    theirs = cast(ChannelPlan, calls.plan(spec, DEPGRAPH, other, plan.ratio))
                    found = calls.accuracy(spec, DEPGRAPH, other, plan.ratio) if all_three else None
                    _scope(scope, theirs, _measured(found, pruned.by) if pruned else "")
        st.caption("Output channels of every layer, from input to output; point at a bar for its name.")


def _measure_all(by: Yardstick) -> bool:
    return st.toggle(
        f"Measure the {by.name} of all three",
        key="scopes_accuracy",
        bind="query-params",
        help="Each takes some 40 ms at every position of the slider, so charts follow a little later.",
    )


def _measured(found: Evaluation | None, by: Yardstick) -> str:
    if found is None:
        return f":gray-badge[{by.name} not measured]"
    return f":green-badge[measured: {by.name} {formats.judged(found.value, by)}]"


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
