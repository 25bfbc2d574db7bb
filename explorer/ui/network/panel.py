"""What the Network page shows: totals, layers, how its work is counted, how it was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from explorer.process.limits import GIB, MEMORY_VARIABLE, memory_limit
from explorer.ui.parts import charts
from explorer.ui.parts.widgets import exact_badge, judged_badge, not_measured
from explorer.values import LayerRow, NetworkSpec, NetworkSummary, Weights, own
from explorer.words import formats
from explorer.words.glossary import explain

HELD = 2  # times at least that pruning holds all weights: the network and its copy
_SHOWN_ABOVE = ("name", "description", "parameters", "classes")


def show_totals(summary: NetworkSummary) -> None:
    """Parameters, MACs, bytes of the tensors, and how well it does where that can be measured."""
    counted, measured = st.columns([2.6, 1.1], gap="small")
    with counted.container(border=True, height="stretch"):
        exact_badge()
        params, macs, size = st.columns(3)
    params.metric("Parameters", formats.count(summary.params), help=explain("parameters"))
    macs.metric("MACs", formats.count(summary.macs), help=explain("MACs"))
    size.metric("Tensors", formats.file_size(summary.bytes), help=explain("tensors"))
    with measured.container(border=True, height="stretch"):
        if (found := summary.evaluation) is None:
            not_measured()
        else:
            judged_badge(found)
            st.metric(found.by.title, formats.judged(found.value, found.by), help=explain(found.by.term))


def show_signature(summary: NetworkSummary) -> None:
    """What goes in and what comes out."""
    out = f"{summary.classes:,} classes" if summary.classes else f"output {summary.output}"
    st.caption(formats.plain(f"Input {summary.input} · {out} · {len(summary.layers)} layers"))


def show_room(summary: NetworkSummary) -> None:
    """How much memory engines may use, where networks of one's own share them; what to do where it is too little."""
    room, held = memory_limit(), summary.bytes
    if HELD * held > room:
        st.warning(
            f"**Too large for the engines' memory.** The weights take {held / GIB:.3g} GiB. Pruning holds them at "
            f"least twice, {HELD * held / GIB:.3g} GiB, and each engine may use {room / GIB:.3g} GiB. Set "
            f"{MEMORY_VARIABLE} to more than {math.ceil(HELD * held / GIB)}, and restart the app."
        )
    elif own.own(summary.spec.base):
        count = len(own.networks())
        shared = f"Your {count} networks share" if count > 1 else "Your network runs in"
        st.caption(
            f"{shared} engines of at most {room / GIB:.3g} GiB each; {MEMORY_VARIABLE} sets the limit."
        )


def show_origin(spec: NetworkSpec) -> None:
    """What a network of one's own was started with; nothing for others, and for a module in hand."""
    mine = own.own(spec.name)
    if mine is None or mine.kind == own.HANDED:
        return
    st.header("Where it comes from")
    is_random = spec.weights is Weights.RANDOM
    by_itself = "nothing, since its weights are random" if is_random else "its agreement with itself"
    is_uploaded = spec.weights is Weights.UPLOADED
    as_built = "as its function gives them" if spec.weights is Weights.OWN else f"{spec.weights}"
    flags = "" if is_uploaded else _flags(checkpoint=mine.checkpoint, strip=mine.strip)
    told = {
        "network": _flags(model=mine.model, classes=mine.classes),
        "weights": flags or as_built,
        "example input": _flags(input=mine.input) or "none given; a working one was found",
        "judged by": _flags(data=mine.data, metric=mine.metric) or by_itself,
    }
    if mine.loss:
        told["trained by"] = _flags(loss=mine.loss)
    st.table(pd.DataFrame({"given": told}))


def _flags(**given: str | None) -> str:
    return " ".join(f"--{flag} {value}" for flag, value in given.items() if value)


def show_details(summary: NetworkSummary, spec: NetworkSpec) -> None:
    """Where its work sits, every layer, how it is counted, where it comes from and how it was trained."""
    st.header("Where the parameters and MACs are")
    st.altair_chart(
        charts.where_it_sits(summary.layers), alt="Share of parameters and MACs by part of the network"
    )
    st.header("Layers")
    show_layers(summary.layers)
    st.header("How MACs are counted")
    show_counters(summary)
    show_origin(spec)
    if summary.card:
        st.header("How this network was trained")
        show_card(summary.card)


def show_counters(summary: NetworkSummary) -> None:
    """The counting convention, and what other counters say."""
    st.markdown(
        "MACs are multiply-accumulates of convolutions, linear and recurrent layers and attention products, for one "
        "input, without biases and normalisation. Two other counters for comparison:"
    )
    rows = [
        {
            "counter": reading.counter,
            "MACs": f"{reading.macs:,}",
            "why it differs": reading.reason or "It agrees.",
        }
        for reading in summary.counters
    ]
    st.table(pd.DataFrame(rows).set_index("counter"))  # its cells wrap where it is narrow


def show_layers(layers: Sequence[LayerRow]) -> None:
    """A table of all layers, with a search in it."""
    wanted = st.text_input(
        "Search layers", placeholder="part of a name or type, e.g. conv", key="layer_search"
    )
    found = [row for row in layers if wanted.lower() in f"{row.name} {row.type}".lower()]
    if not found:
        st.info(f"No layer matches “{formats.plain(wanted)}”. Clear the search to see all {len(layers)}.")
        return
    st.dataframe(_table(found), hide_index=True, height=420, column_config=_columns())
    st.caption(f"{len(found)} of {len(layers)} layers")


def _table(layers: Sequence[LayerRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [row.name for row in layers],
            "type": [row.type for row in layers],
            "weight shape": [formats.shape(row.weight_shape) for row in layers],
            "output shape": [formats.shape(row.output_shape) for row in layers],
            "parameters": [row.params for row in layers],
            "MACs": [row.macs for row in layers],
        }
    )


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "weight shape": text(help=explain("weight shape")),
        "output shape": text(help=explain("output shape")),
        "parameters": number(format="localized", help=explain("parameters")),
        "MACs": number(format="localized", help=explain("MACs")),
    }


def show_card(card: Mapping[str, str | int | float]) -> None:
    """How a bundled network was trained, without what the page shows already."""
    shown = {what: text for what, text in card.items() if what not in _SHOWN_ABOVE}
    rows = "\n".join(
        f"| {what} | {text:.4g} |" if isinstance(text, float) else f"| {what} | {text} |"
        for what, text in shown.items()
    )
    st.markdown(f"| fact | from the model card |\n|---|---|\n{rows}")
