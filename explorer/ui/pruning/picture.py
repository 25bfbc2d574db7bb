"""What is drawn of a plan beside its figures, and what the figures tell it while the slider moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from explorer.ui.parts import live_charts
from explorer.ui.parts.layer_bars import layer_zeros, zeros_drawing, zeros_left
from explorer.ui.parts.widths_left import boxes_left, drawing_left, network_left
from explorer.values import ChannelPlan, NetworkSpec, Plan
from explorer.words.glossary import explain


@dataclass(frozen=True)
class Picture:
    """A drawing that follows a plan."""

    draw: Callable[[], None]
    name: str = ""  # by which it knows what is told to it; "": it follows Python alone
    told: Callable[[Plan], Sequence[Any]] = lambda plan: ()


def picture_of(spec: NetworkSpec, plan: Plan, removes: bool) -> Picture:
    """Of a plan; other plans of the same options may be told to it.

    Args:
        removes: whether the plan's library deletes channels.
    """
    if isinstance(plan, ChannelPlan):
        return Picture(partial(_network, spec, plan), drawing_left(spec), partial(boxes_left, spec))
    return Picture(partial(show_widths, plan)) if removes else zeros_picture(plan)


def zeros_picture(plan: Plan, when: str = "") -> Picture:
    """Of what masks leave; `when` the network has these zeros, where that is not at once."""
    draw = partial(_zeros, plan, when)
    return Picture(draw, zeros_drawing(plan.layers), lambda other: zeros_left(other.layers))


def show_widths(plan: Plan) -> None:
    """Every layer's, before and after, as bars."""
    st.markdown("**Width of every layer**, before and after", help=explain("width"))
    chart = live_charts.widths(plan.layers)
    live_charts.draw(chart, "widths", "Output channels of every layer before and after pruning")


def _network(spec: NetworkSpec, plan: ChannelPlan) -> None:
    st.markdown("**The network**, with the channels left", help=explain("width"))
    network_left(spec, plan)


def _zeros(plan: Plan, when: str) -> None:
    st.markdown(f"**Zeros in every layer**{when}", help=explain("sparsity"))
    layer_zeros(plan.layers, "sparsity", f"Share of zeros in every masked layer{when}", live=True)
