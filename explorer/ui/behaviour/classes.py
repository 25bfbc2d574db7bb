"""Which classes pay, and what is taken for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from explorer.ui.parts.charts import AFTER, BEFORE, LEGEND
from explorer.ui.parts.live_charts import Figure, draw, without_data
from explorer.values import Interval
from explorer.values.behaviour import Behaviour, ClassChange
from explorer.words import formats
from explorer.words.glossary import explain

_MOST = 12  # classes that are shown; of more of them, those that lose most
_ROW = 28  # pixels of one class


def show_classes(found: Behaviour, place: str) -> None:
    """Accuracy by class with intervals, and both confusion matrices."""
    classes = found.classes
    shown = sorted(sorted(classes, key=lambda one: -one.lost)[:_MOST], key=lambda one: one.label)
    if len(shown) < len(classes):
        st.caption(f"The {len(shown)} of {len(classes):,} classes that lose most.")
    with st.container(key=f"behaviour_charts{place}"):
        left, dense, pruned = st.columns([1.15, 1, 1], gap="medium")
    with left:
        st.markdown("**Accuracy by class**", help=explain("accuracy by class"))
        draw(
            _by_class(shown, found.name),
            f"by_class{place}",
            "Share correct of every class, dense and pruned, with intervals",
        )
        st.caption(_who_pays(classes, found.name))
    for column, is_pruned in ((dense, False), (pruned, True)):
        with column:
            title = "pruned" if is_pruned else "dense"
            st.markdown(f"**Confusion matrix, {title}**", help=explain("confusion matrix"))
            st.html(_table(found.confusion(is_pruned), [one.label for one in shown], title, found))


def _who_pays(classes: Sequence[ClassChange], name: Callable[[int], str]) -> str:
    """The class that loses most, if its intervals say so."""
    worst = max(classes, key=lambda one: one.lost)
    if worst.lost <= 0:
        return "No class loses accuracy."
    called = f"Class {formats.plain(name(worst.label))}"
    told = f"{formats.accuracy(worst.dense.value)} → {formats.accuracy(worst.pruned.value)}"
    if worst.dense.overlaps(worst.pruned):
        return f"{called} loses most ({told}), within the 95 % intervals: too few images to be sure."
    return f"{called} pays most: {told}; its 95 % intervals do not overlap."


def _by_class(classes: Sequence[ClassChange], called: Callable[[int], str]) -> Figure:
    rows = [
        {
            "place": place,
            "class": called(one.label),
            "network": name,
            "images": one.images,
            **_bounds(interval),
        }
        for place, one in enumerate(classes)
        for name, interval in (("dense", one.dense), ("pruned", one.pruned))
    ]
    return Figure(pd.DataFrame(rows), _by_class_spec(len(classes)))


def _bounds(interval: Interval) -> dict[str, float]:
    return {"correct": interval.value, "low": interval.low, "high": interval.high}


@cache
def _by_class_spec(classes: int) -> dict[str, Any]:
    kinds = ["dense", "pruned"]
    axis, scale = alt.Axis(format="%", tickCount=5), alt.Scale(domain=[0, 1], nice=False)
    base = alt.Chart().encode(
        y=alt.Y("class:N", sort=alt.EncodingSortField("place", op="min"), title="class"),
        yOffset=alt.YOffset("network:N", sort=kinds, scale=alt.Scale(paddingOuter=0.4)),
        color=alt.Color(
            "network:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=[BEFORE, AFTER]),
            legend=LEGEND,
        ),
        tooltip=[
            "class:N",
            "network:N",
            *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("correct", "low", "high")),
            "images:Q",
        ],
    )
    points = base.mark_point(filled=True, size=55, opacity=1).encode(
        x=alt.X("correct:Q", title="share correct · line: 95 % interval", scale=scale, axis=axis)
    )
    lines = base.mark_rule(size=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    return without_data(alt.LayerChart(layer=[lines, points], height=_ROW * max(classes, 6) + 60))


def _table(found: dict[tuple[int, int], int], shown: Sequence[int], which: str, by: Behaviour) -> str:
    """Labels as rows, answers as columns; answers that are not shown stand together."""
    labels = set(shown)
    has_others = any(answer not in labels for label, answer in found if label in labels)
    called = [*map(by.name, shown), *(["other"] if has_others else [])]
    heads = "".join(f'<th scope="col">{_head(name)}</th>' for name in called)
    rows = "".join(_row(found, label, shown, has_others, by.name(label)) for label in shown)
    kind = "confusion named" if by.names else "confusion"
    return (
        f'<table class="{kind}" aria-label="Confusion matrix, {which}"><caption>label ↓, answer →</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _head(name: str) -> str:
    """Cut short by the style where it is long; whole on hover."""
    return f'<span title="{escape(name)}">{escape(name)}</span>'


def _row(
    found: dict[tuple[int, int], int], label: int, shown: Sequence[int], has_others: bool, called: str
) -> str:
    images = [found.get((label, answer), 0) for answer in shown]
    whole = sum(count for (row, _), count in found.items() if row == label)
    cells = [_cell(count, whole, answer == label) for count, answer in zip(images, shown, strict=True)]
    if has_others:
        cells.append(_cell(whole - sum(images), whole, False))
    return f'<tr><th scope="row">{_head(called)}</th>{"".join(cells)}</tr>'


def _cell(count: int, whole: int, is_right: bool) -> str:
    """Tinted by the root of its share, so that a few errors show."""
    kind = ' class="right"' if is_right else ""
    return f'<td{kind} style="--share:{(count / whole) ** 0.5:.3f}">{count or "·"}</td>'
