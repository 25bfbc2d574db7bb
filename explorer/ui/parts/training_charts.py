"""Curves of a run that trains, and accuracy from step to step; they grow, but nothing in them jumps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from explorer.ui.parts.charts import BEFORE, MEASURED, TEXT, WORK, second, style, tooltips
from explorer.ui.parts.live_charts import Figure, without_data
from explorer.values import ACCURACY, Evaluation, FineTune, TrainingPoint
from explorer.values.sparse_training import SparseTraining
from explorer.words.glossary import explain

HEIGHT = 230
_FLOORS = (0.9, 0.8, 0.6, 0.2, 0.0)  # where the axis of accuracy may begin


def training_curves(points: Sequence[TrainingPoint], epochs: float, key: str = "training") -> None:
    """Draw the loss side by side with what the network is judged by.

    Args:
        points: of the run so far.
        epochs: how long the run takes in all: where the charts end.
        key: tells two such rows of charts on one page apart.
    """
    shown = [("Training loss", "training loss", loss(points, epochs))]
    by = points[0].by
    where = f" on the {by.examples}" if by.examples else ""
    shown.append((f"{by.title}{where}", by.term, accuracy(points, epochs)))
    columns = st.container(key=f"{key}_charts").columns(len(shown), gap="medium")
    for column, (title, term, figure) in zip(columns, shown, strict=True):
        with column:
            st.markdown(f"**{title}**", help=explain(term))
            st.vega_lite_chart(figure.data, figure.spec, key=f"{key}_{term}", alt=f"{title} over the epochs")


def epochs_of(points: Sequence[TrainingPoint], asked: FineTune | SparseTraining | None) -> int:
    """How many a run takes; as many as it began where nobody knows any more what it was asked for."""
    return asked.epochs if asked else max(1, math.ceil(points[-1].epoch))


def loss(points: Sequence[TrainingPoint], epochs: float) -> Figure:
    """Mean loss on the train split between each two points; what was measured before training is left out."""
    rows = [(point.epoch, point.loss) for point in points if point.epoch > 0]
    highest = max((value for _, value in rows), default=1.0)
    top = math.ceil(2 * highest) / 2 if highest < 10 else 10.0 ** math.ceil(math.log10(highest))
    return Figure(pd.DataFrame(rows, columns=["epoch", "value"]), _line(epochs, 0.0, top, WORK, "loss"))


def accuracy(points: Sequence[TrainingPoint], epochs: float) -> Figure:
    """Accuracy on the test split, or what the network is judged by, before training and after each epoch."""
    rows = [(point.epoch, point.accuracy) for point in points if point.accuracy is not None]
    values, by = [value for _, value in rows] or [0.0], points[0].by if points else ACCURACY
    bottom = next((floor for floor in _FLOORS if floor <= min(values)), 0.0)
    low, high = (bottom, 1.0) if by.is_share else (min(0.0, *values), max(0.0, *values) or 1.0)
    data = pd.DataFrame(rows, columns=["epoch", "value"])
    return Figure(data, _line(epochs, low, high, MEASURED, by.name, by.is_share))


@cache
def _line(
    epochs: float, bottom: float, top: float, colour: str, what: str, share: bool = False
) -> dict[str, Any]:
    quarters = [bottom + (top - bottom) * step / 4 for step in range(5)]
    told = "format(datum.value, '~%')"  # as a format of the axis it rounds 97.5 to 98
    axis = alt.Axis(values=quarters, labelExpr=told) if share else alt.Axis(tickCount=5)
    chart = (
        alt.Chart()
        .mark_line(color=colour, point=alt.OverlayMarkDef(color=colour, size=22))
        .encode(
            x=_epochs(epochs),
            y=alt.Y(
                "value:Q",
                title=what,
                scale=alt.Scale(domain=[bottom, top], nice=False),
                axis=axis,
            ),
            tooltip=[
                alt.Tooltip("epoch:Q", format=".2f"),
                alt.Tooltip("value:Q", title=what, format=".1%" if share else ".4f"),
            ],
        )
    )
    return without_data(alt.LayerChart(layer=[chart], height=HEIGHT))


def _epochs(epochs: float) -> alt.X:
    axis = alt.Axis(tickMinStep=1, tickCount=min(math.ceil(epochs), 10), format="d")
    return alt.X("epoch:Q", title="epoch", scale=alt.Scale(domain=[0, epochs], nice=False), axis=axis)


def stages(steps: Sequence[tuple[str, Evaluation]], height: int = 260) -> alt.LayerChart:
    """The classic curve: how well it does before pruning, after it, and after each remedy, with 95 % intervals."""
    by = steps[0][1].by
    order = [step for step, _ in steps]
    rows = [
        {
            "step": step,
            by.term: found.value,
            "low": found.interval.low,
            "high": found.interval.high,
            **second(found),
            "dip": _is_dip(steps, number),
        }
        for number, (step, found) in enumerate(steps)
    ]
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=alt.X("step:N", sort=order, title="step", axis=alt.Axis(labelAngle=0, labelOverlap=False)),
        y=alt.Y(
            f"{by.term}:Q",
            scale=alt.Scale(domain=[-0.1, 1.12], nice=False) if by.is_share else alt.Scale(zero=False),
            axis=alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1]) if by.is_share else alt.Axis(),
            title=by.name,
        ),
        tooltip=["step", *tooltips(by)],
    )
    dense = alt.Chart(data[:1]).mark_rule(color=BEFORE, strokeDash=[6, 4]).encode(y=f"{by.term}:Q")
    line = base.mark_line(color=MEASURED, point=alt.OverlayMarkDef(color=MEASURED, size=70))
    interval = base.mark_rule(color=MEASURED, size=2).encode(y="low:Q", y2="high:Q")
    figures = [
        base.transform_filter(f"{'' if below else '!'}datum.dip")
        .mark_text(dy=16 if below else -14, color=TEXT, fontWeight="bold")
        .encode(text=alt.Text(f"{by.term}:Q", format=style(by)))
        for below in (False, True)
    ]
    return alt.LayerChart(layer=[dense, line, interval, *figures], height=height)


def _is_dip(steps: Sequence[tuple[str, Evaluation]], number: int) -> bool:
    """Whether a line comes down to this step, so that its figure has room below only."""
    here = steps[number][1].value
    return number > 0 and steps[number - 1][1].value > here
