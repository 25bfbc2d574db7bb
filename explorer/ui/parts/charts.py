"""Charts: frozen values in, Altair out. Heights and domains are fixed, so nothing jumps while a slider moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import altair as alt
import pandas as pd

from explorer.values import Evaluation, LayerRow, Yardstick

# Mid tones, to be read on a light and on a dark page.
BEFORE, AFTER, LOST = "#a9b6c2", "#2b83ba", "#c98f8a"
WORK, MEASURED, TEXT = "#d08a3a", "#3f9c6b", "#7d8b99"

# As wide as a layer before them, which is shown: norms, and attention's products.
NO_WIDTH = ("BatchNorm", "LayerNorm", "GroupNorm", "functional products")
TICKS = 8  # about: with more, the last two labels of a narrow axis touch
# Long names differ at their end, where a plain limit would cut them.
NAME_ENDS = "length(datum.label) > 26 ? '…' + slice(datum.label, -25) : datum.label"
_SHORT = 0.3  # of the longest bar: without room for its number
_ROWS = 24  # horizontal bars that can be read at once

LEGEND = alt.Legend(
    orient="top", title=None, columns=alt.ExprRef("width < 240 ? 1 : 0")
)  # lines: a row is cut
_AS_ON_PAGES: alt.theme.NumberLocaleKwds = {
    "decimal": ".",
    "thousands": ",",
    "grouping": [3],
    "currency": ["$", ""],
    "percent": "\N{NO-BREAK SPACE}%",
}


@alt.theme.register("explorer", enable=True)
def _explorer() -> alt.theme.ThemeConfig:
    """Shares as the pages write them, legends close to what they explain, titles beside the longest names."""
    return {
        "config": {
            "locale": {"number": _AS_ON_PAGES},
            "legend": {"offset": 6, "symbolOpacity": 1},
            "axis": {"maxExtent": 300},
        }
    }


def by_block(layers: Sequence[LayerRow], most: int = _ROWS) -> list[tuple[str, int, int]]:
    """Sum parameters and MACs by the deepest scopes that give at most `most` rows.

    Returns:
        ``(scope, parameters, MACs)`` in the network's own order.
    """
    weighted = [row for row in layers if row.params or row.macs]
    depths = range(max((row.name.count(".") + 1 for row in weighted), default=1), 0, -1)
    for depth in depths:
        sums = _sums(weighted, depth)
        if len(sums) <= most:
            return sums
    return _largest(_sums(weighted, 1), most)


def _sums(layers: Iterable[LayerRow], depth: int) -> list[tuple[str, int, int]]:
    scopes: dict[str, tuple[int, int]] = {}
    scope = ""
    for row in layers:
        own = ".".join(row.name.split(".")[:depth])
        # A norm that is a part by itself would be an empty row: it goes with the layer it follows.
        alone = own == row.name and row.type.startswith(NO_WIDTH)
        scope = scope if scope and alone else own
        params, macs = scopes.get(scope, (0, 0))
        scopes[scope] = (params + row.params, macs + row.macs)
    return [(scope, *sums) for scope, sums in scopes.items()]


def _largest(sums: list[tuple[str, int, int]], most: int) -> list[tuple[str, int, int]]:
    kept = set(sorted(sums, key=lambda row: row[1] + row[2], reverse=True)[: most - 1])
    rest = [row for row in sums if row not in kept]
    other = (f"{len(rest)} others", sum(row[1] for row in rest), sum(row[2] for row in rest))
    return [row for row in sums if row in kept] + [other]


def where_it_sits(layers: Sequence[LayerRow]) -> alt.Chart:
    """Which share of the parameters and of the MACs each part of the network holds."""
    sums = by_block(layers)
    params, macs = max(sum(row[1] for row in sums), 1), max(sum(row[2] for row in sums), 1)
    rows = [
        {"part": part, "what": what, "share": number / total, "number": number}
        for part, *numbers in sums
        for what, number, total in zip(("parameters", "MACs"), numbers, (params, macs), strict=True)
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "part:N",
                sort=None,
                title="part of the network",
                axis=alt.Axis(labelLimit=220, labelOverlap=False),
            ),
            yOffset=alt.YOffset("what:N", sort=["parameters", "MACs"]),
            x=alt.X("share:Q", title="share of the network", axis=alt.Axis(format="%", tickCount=6)),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["parameters", "MACs"], range=[AFTER, WORK]),
                legend=LEGEND,
            ),
            tooltip=["part", "what", alt.Tooltip("number", format=","), alt.Tooltip("share", format=".1%")],
        )
        .properties(height=max(26 * len(sums), 120) + 80)
    )


def accuracies(steps: Sequence[tuple[str, Evaluation]], height: int = 190) -> alt.LayerChart:
    """What was measured, step by step: accuracy, or what else the network is judged by."""
    by = steps[0][1].by
    longest = 1.0 if by.is_share else max(found.value for _, found in steps)
    rows = [
        {"step": step, by.term: found.value, **second(found), "short": found.value < _SHORT * longest}
        for step, found in steps
    ]
    order = [step for step, _ in steps]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("step:N", sort=order, title="step", axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            f"{by.term}:Q",
            scale=alt.Scale(domain=[0, 1]) if by.is_share else alt.Scale(zero=True),
            axis=alt.Axis(format="%" if by.is_share else "~g", tickCount=5),
            title=by.name,
        ),
        tooltip=["step", *tooltips(by)],
    )
    told = base.encode(text=alt.Text(f"{by.term}:Q", format=style(by)))
    inside = told.transform_filter("!datum.short").mark_text(
        align="right", dx=-6, color="#0c141d", fontWeight="bold"
    )
    beside = told.transform_filter("datum.short").mark_text(align="left", dx=6, color=TEXT, fontWeight="bold")
    return (base.mark_bar(color=MEASURED) + inside + beside).properties(height=height)


def style(by: Yardstick) -> str:
    """How a chart writes a number of it."""
    return ".1%" if by.is_share else ".4g"


def second(found: Evaluation) -> dict[str, float]:
    """The second number under its name, where there is one."""
    return {found.by.beside: found.loss} if found.by.beside else {}


def tooltips(by: Yardstick) -> list[alt.Tooltip]:
    """Both numbers of an evaluation."""
    first = alt.Tooltip(f"{by.term}:Q", title=by.name, format=style(by))
    return [first, *([alt.Tooltip(by.beside, format=".3f")] if by.beside else [])]
