"""The Profile page's charts of one network: measured bars carry their interval, exact counts are hollow marks."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from explorer.ui.parts.charts import AFTER, BEFORE, LEGEND, MEASURED, NAME_ENDS, TEXT, TICKS, WORK
from explorer.values import LayerTime, Machine, NetworkTime, SweepPoint, Timing, Waterfall

DENSE, PRUNED = "dense", "channels removed"
_COLOURS = alt.Scale(domain=[DENSE, PRUNED], range=[BEFORE, MEASURED])
_BETWEEN = "all gaps between layers"
_KINDS = {
    "weights": MEASURED,
    "norms": WORK,
    "other": AFTER,
    "several layers": "#7fbf9f",
    _BETWEEN: BEFORE,
}


def speedups(networks: Sequence[NetworkTime]) -> alt.LayerChart:
    """How many times as fast as dense each form is, and how many times fewer MACs it has."""
    dense = networks[0].macs
    data = pd.DataFrame(
        {
            "form": [row.variant.value for row in networks],
            "speed-up": [row.speedup.value for row in networks],
            "low": [row.speedup.low for row in networks],
            "high": [row.speedup.high for row in networks],
            "ms": [1e3 * row.time.median for row in networks],
            "fewer MACs": [dense / row.macs for row in networks],
        }
    )
    order = list(data["form"])
    scale = alt.Scale(type="log", nice=False)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "form:N", sort=order, title="form of the network", axis=alt.Axis(labelLimit=220, labelFlush=False)
        ),
        tooltip=[
            "form",
            alt.Tooltip("speed-up", format=".2f"),
            alt.Tooltip("ms", format=".3f"),
            alt.Tooltip("fewer MACs", format=".2f"),
        ],
    )
    points = base.mark_circle(color=MEASURED, size=90, opacity=1).encode(
        x=alt.X("speed-up:Q", scale=scale, title="times as fast as dense", axis=alt.Axis(tickCount=6))
    )
    rules = base.mark_rule(color=MEASURED, size=3).encode(x="low:Q", x2="high:Q")
    ideal = base.mark_point(color=AFTER, shape="diamond", size=70, filled=False).encode(x="fewer MACs:Q")
    return (rules + points + ideal).properties(height=28 * len(order) + 68)  # its axis takes 64


def waterfall(found: Waterfall, parts: Sequence[LayerTime], longest: float) -> alt.LayerChart:
    """All gaps together, then each part of the network, in the order of execution and end to end."""
    rows = [_bar(_BETWEEN, _BETWEEN, 0.0, found.between, 0)]  # the sum of all gaps belongs to no place
    start = 1e3 * found.between.median
    for part in parts:
        rows.append(_bar(part.name, _kind(part.type), start, part.time, part.macs))
        start += 1e3 * part.time.median
    data = pd.DataFrame(rows)
    scale = alt.Scale(domain=[0, 1e3 * longest], nice=False)
    kinds = [kind for kind in _KINDS if kind in set(data["kind"])]
    base = alt.Chart(data).encode(
        y=alt.Y(
            "part:N",
            sort=None,
            title="part, in the order of execution",
            axis=alt.Axis(labelLimit=160, labelOverlap=False, labelExpr=NAME_ENDS, labelFlush=False),
        ),
        tooltip=[
            "part",
            "kind",
            alt.Tooltip("ms", format=".4f"),
            alt.Tooltip("low", format=".4f"),
            alt.Tooltip("high", format=".4f"),
            alt.Tooltip("MACs", format=","),
        ],
    )
    bars = base.mark_bar().encode(
        x=alt.X(
            "start:Q",
            scale=scale,
            title=["ms, parts end to end", "(sum of medians)"],
            axis=alt.Axis(tickCount=TICKS),
        ),
        x2="end:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=[_KINDS[kind] for kind in kinds]),
            legend=alt.Legend(orient="top", title=None, columns=alt.ExprRef("width < 240 ? 1 : 3")),
        ),
    )
    rules = base.mark_rule(color=TEXT, size=1.5).encode(x="from:Q", x2="to:Q")
    return (bars + rules).properties(height=22 * len(rows) + 80)  # five lines of legend where it is narrow


def _bar(part: str, kind: str, start: float, time: Timing, macs: int) -> dict[str, object]:
    ms, low, high = (1e3 * value for value in (time.median, time.low, time.high))
    return {
        "part": part,
        "kind": kind,
        "start": start,
        "end": start + ms,
        "from": start + low,
        "to": start + high,
        "ms": ms,
        "low": low,
        "high": high,
        "MACs": macs,
    }


def _kind(type_name: str) -> str:
    if type_name == "block":
        return "several layers"
    if "Norm" in type_name:
        return "norms"
    works = type_name.startswith(("Conv", "Linear", "MultiheadAttention"))
    return "weights" if works else "other"


def roofline(dense: Waterfall, pruned: Waterfall, machine: Machine) -> alt.LayerChart:
    """MACs a second that each layer reaches, against its MACs for each byte, under what the machine can."""
    rows = [
        {
            "layer": layer.name,
            "network": network,
            "intensity": layer.intensity,
            "speed": layer.macs / layer.time.median / 1e9,
            "low": layer.macs / layer.time.high / 1e9,
            "high": layer.macs / layer.time.low / 1e9,
        }
        for network, found in ((DENSE, dense), (PRUNED, pruned))
        for layer in found.layers
        if layer.macs and layer.time.low
    ]
    data = pd.DataFrame(rows)
    x = alt.Scale(type="log", nice=True)
    base = alt.Chart(data).encode(
        x=alt.X("intensity:Q", scale=x, title="MACs per byte moved (estimated)"),
        color=alt.Color("network:N", scale=_COLOURS, legend=LEGEND),
        tooltip=[
            "layer",
            "network",
            alt.Tooltip("intensity", format=".2f"),
            alt.Tooltip("speed", format=".2f"),
        ],
    )
    y = alt.Scale(type="log", nice=True)
    points = base.mark_circle(size=60, opacity=0.85).encode(
        y=alt.Y("speed:Q", scale=y, title="billion MACs per second (measured)")
    )
    rules = base.mark_rule(opacity=0.5).encode(y="low:Q", y2="high:Q")
    return (_roof(data, machine) + rules + points).properties(height=320)


def _roof(data: pd.DataFrame, machine: Machine) -> alt.Chart:
    """What memory allows up to the ridge, and what arithmetic allows beyond it."""
    peak, moved = machine.macs_per_second.value, machine.bytes_per_second.value
    ridge = peak / moved
    ends = sorted({float(data["intensity"].min()), ridge, max(float(data["intensity"].max()), ridge)})
    roof = pd.DataFrame({"intensity": ends, "speed": [min(end * moved, peak) / 1e9 for end in ends]})
    return alt.Chart(roof).mark_line(color=WORK, strokeDash=[6, 4]).encode(x="intensity:Q", y="speed:Q")


def batches(points: Sequence[SweepPoint]) -> alt.LayerChart:
    """Time for each image when more run at once."""
    data = pd.DataFrame(
        [
            {
                "images": point.number,
                "network": network,
                "ms": 1e3 * time.median / point.number,
                "low": 1e3 * time.low / point.number,
                "high": 1e3 * time.high / point.number,
            }
            for point in points
            for network, time in ((DENSE, point.dense), (PRUNED, point.pruned))
        ]
    )
    log = alt.Scale(type="log", nice=False)
    base = alt.Chart(data).encode(
        x=alt.X(
            "images:Q",
            scale=alt.Scale(type="log", base=2, nice=False),
            axis=alt.Axis(values=[point.number for point in points]),
            title="batch size, images",
        ),
        color=alt.Color("network:N", scale=_COLOURS, legend=LEGEND),
        tooltip=["images", "network", alt.Tooltip("ms", format=".4f")],
    )
    lines = base.mark_line(point=True).encode(
        y=alt.Y("ms:Q", scale=log, title="ms per image", axis=alt.Axis(tickCount=6))
    )
    return (lines + base.mark_rule(size=2, opacity=0.6).encode(y="low:Q", y2="high:Q")).properties(height=260)


def settings(points: Sequence[SweepPoint]) -> alt.LayerChart:
    """Time of one pass under each setting, with its interval."""
    data = pd.DataFrame(
        [
            {
                "setting": point.setting,
                "network": network,
                "ms": 1e3 * time.median,
                "low": 1e3 * time.low,
                "high": 1e3 * time.high,
            }
            for point in points
            for network, time in ((DENSE, point.dense), (PRUNED, point.pruned))
        ]
    )
    base = alt.Chart(data).encode(
        y=alt.Y("setting:N", sort=None, title="setting", axis=alt.Axis(labelLimit=120, labelFlush=False)),
        yOffset=alt.YOffset("network:N", sort=[DENSE, PRUNED]),
        tooltip=["setting", "network", alt.Tooltip("ms", format=".3f")],
    )
    # One stall must not flatten the rest
    widest = min(float(data["high"].max()), 3 * float(data["ms"].max()))
    x = alt.Scale(domain=[0, widest], nice=False, clamp=True)
    bars = base.mark_bar().encode(
        x=alt.X("ms:Q", scale=x, title="ms per input · line: 95 % interval", axis=alt.Axis(tickCount=TICKS)),
        color=alt.Color("network:N", scale=_COLOURS, legend=LEGEND),
    )
    rules = base.mark_rule(color=TEXT, size=2).encode(x=alt.X("low:Q", scale=x), x2="high:Q")
    return (bars + rules).properties(height=60 * len(points) + 90)
