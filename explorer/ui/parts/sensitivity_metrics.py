"""What a group's pruning costs: as a number, in words and as a colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from explorer.drawing.heat import Scale
from explorer.values import GroupSensitivity, Sensitivity, SensitivityPoint

_SPARED = 0.01  # accuracy that may go before a ratio counts as harmful
_MOST_LOSS = 3.0  # nats above dense; the loss of guessing among ten classes is 2.3


@dataclass(frozen=True)
class Metric:
    """One way to count what goes with the channels."""

    label: str
    scale: Scale
    style: str  # of the number in a chart
    of: Callable[[Sensitivity, SensitivityPoint], float]
    words: Callable[[float], str]
    tick: Callable[[float], str]  # beside a scale of colours


def _points(lost: float) -> str:
    return f"{100 * abs(lost):.1f} points of accuracy {'lost' if lost >= 0 else 'gained'}"


def _loss(added: float) -> str:
    return f"loss {abs(added):.2f} {'higher' if added >= 0 else 'lower'}"


ACCURACY = Metric(
    "accuracy lost",
    Scale(1.0),
    ".0%",
    lambda found, point: found.drop(point),
    _points,
    lambda lost: f"{100 * lost:.0f}{' points' if lost == 1 else ''}",
)
LOSS = Metric(
    "loss added",
    Scale(_MOST_LOSS),
    ".2f",
    lambda found, point: point.loss - found.dense.loss,
    _loss,
    lambda added: f"{added:g}{' or more' if added == _MOST_LOSS else ''}",
)


def shown_scale(metric: Metric) -> Scale:
    """The metric's colours on the page as it is, light or dark: what is harmless stands out least on both."""
    return replace(metric.scale, on_dark=st.context.theme.type == "dark")


METRICS = {metric.label: metric for metric in (ACCURACY, LOSS)}


def cost(found: Sensitivity, group: GroupSensitivity, metric: Metric, ratio: float | None = None) -> float:
    """What a group costs at one of the sweep's ratios; None: the mean over all of them."""
    points = [point for point in group.points if ratio is None or point.ratio == ratio]
    return sum(metric.of(found, point) for point in points) / max(len(points), 1)


def spared_up_to(found: Sensitivity, group: GroupSensitivity) -> float:
    """The largest ratio up to which no more than a point of accuracy goes; 0 where the first costs more."""
    harmless = 0.0
    for point in group.points:
        if found.drop(point) > _SPARED:
            break
        harmless = point.ratio
    return harmless
