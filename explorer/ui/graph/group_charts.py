"""Charts of one coupled group: frozen values in, Altair out. Fixed heights, so nothing jumps."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import altair as alt
import pandas as pd

from explorer.ui.parts.charts import AFTER, WORK

_RANK = "rank, lowest first; hover for the channel"
_COLOURS = alt.Scale(domain=["goes", "stays"], range=[WORK, AFTER])
_STEPS = 256  # more bars than this are not wider than a pixel: neighbours in rank are averaged


def importance_by_channel(scores: Sequence[float]) -> alt.Chart:
    """Importance of each channel in the order of the weights."""
    rows = [{"channel": i, "importance": score} for i, score in enumerate(scores)]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(color=AFTER, width=max(1, min(14, 260 / len(rows))))
        .encode(
            x=alt.X(
                "channel:Q", scale=alt.Scale(domain=[-0.5, len(rows) - 0.5], nice=False), title="channel"
            ),
            y=alt.Y("importance:Q", title="importance", axis=alt.Axis(tickCount=4)),
            tooltip=["channel", alt.Tooltip("importance", format=".4g")],
        )
        .properties(height=190)
    )


def ranking(scores: Sequence[float], removed: Collection[int] = ()) -> alt.LayerChart:
    """Channels from least to most important; those that go stand in a tinted strip."""
    order = sorted(range(len(scores)), key=lambda i: (i not in removed, scores[i]))
    rows: list[dict[str, object]] = [
        {"rank": rank, "channel": i, "importance": scores[i], "state": "goes" if i in removed else "stays"}
        for rank, i in enumerate(order)
    ]
    scale = alt.Scale(domain=[-0.5, len(rows) - 0.5], nice=False)
    strip = alt.Chart(pd.DataFrame({"from": [-0.5], "to": [len(removed) - 0.5]}))
    bars = alt.Chart(pd.DataFrame(_thinned(rows))).mark_bar(
        width=max(1, min(20, 700 / min(len(rows), _STEPS)))
    )
    return (
        strip.mark_rect(color=WORK, opacity=0.22).encode(
            x=alt.X("from:Q", scale=scale, title=_RANK), x2="to:Q"
        )
        + bars.encode(
            x=alt.X("rank:Q", scale=scale, title=_RANK),
            y=alt.Y("importance:Q", title="importance", axis=alt.Axis(tickCount=4)),
            color=alt.Color("state:N", title=None, scale=_COLOURS, legend=None),
            tooltip=["channel", alt.Tooltip("importance", format=".4g"), "state"],
        )
    ).properties(height=240)


def _thinned(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Every n-th bar, where more would only hide each other."""
    step = -(-len(rows) // _STEPS)
    return rows[::step]
