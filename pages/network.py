"""The landing page: what the network is made of, and where its parameters and its work sit."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from explorer import service
from explorer.glossary import explain
from explorer.schema import LayerRow, NetworkSummary
from explorer.ui import charts, formats, frame
from explorer.ui.widgets import failures, measured_badge

_SHOWS = (
    "This app shows what can be cut out of a neural network, and what that saves and costs. "
    "Pick a network on the left; this page says what it is made of. "
    "Then open **Dependency graph** to see which layers must lose channels together, "
    "or **DepGraph pruning** to move a slider and watch the network shrink."
)
_SHOWN_ABOVE = ("name", "description", "parameters", "classes")


def _totals(summary: NetworkSummary) -> None:
    params, macs, size, accuracy = st.columns(4, border=True)
    params.metric("Parameters", formats.count(summary.params), help=explain("parameters"))
    macs.metric("MACs", formats.count(summary.macs), help=explain("MACs"))
    size.metric("File size", formats.file_size(summary.bytes), help=explain("file size"))
    with accuracy:
        if summary.evaluation is None:
            st.metric("Accuracy", "–", help="No labelled images belong to this network, so none is measured.")
        else:
            st.metric("Accuracy", formats.accuracy(summary.evaluation.accuracy), help=explain("accuracy"))
            measured_badge(f"{summary.evaluation.examples} images")


def _counting(summary: NetworkSummary) -> None:
    st.markdown(
        "MACs are multiply-accumulates of convolutions, linear layers and attention products, for one input, "
        "without biases and normalisation. Two other counters, for comparison:"
    )
    rows = [
        {"counter": reading.counter, "MACs": reading.macs, "why it differs": reading.reason or "it agrees"}
        for reading in summary.counters
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"MACs": st.column_config.NumberColumn(format="localized")},
    )


def _layers(layers: tuple[LayerRow, ...]) -> None:
    wanted = st.text_input(
        "Search layers", placeholder="part of a name or type, e.g. conv", key="layer_search"
    )
    rows = [
        {
            "name": row.name,
            "type": row.type,
            "weight shape": formats.shape(row.weight_shape),
            "output shape": formats.shape(row.output_shape),
            "parameters": row.params,
            "MACs": row.macs,
        }
        for row in layers
        if wanted.lower() in f"{row.name} {row.type}".lower()
    ]
    if not rows:
        st.info(f"No layer is called anything like “{wanted}”. Clear the search to see all {len(layers)}.")
        return
    numbers = {
        name: st.column_config.NumberColumn(format="localized", help=explain(name))
        for name in ("parameters", "MACs")
    }
    shapes = {
        name: st.column_config.TextColumn(help=explain(name)) for name in ("weight shape", "output shape")
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=420, column_config=numbers | shapes)
    st.caption(f"{len(rows)} of {len(layers)} layers")


def _card(card: Mapping[str, str | int | float]) -> None:
    shown = {what: text for what, text in card.items() if what not in _SHOWN_ABOVE}
    rows = "\n".join(
        f"| {what} | {text:.4g} |" if isinstance(text, float) else f"| {what} | {text} |"
        for what, text in shown.items()
    )
    st.markdown(f"| | from the model card |\n|---|---|\n{rows}")


spec = frame.draw()
st.title("Network")
st.markdown(_SHOWS)
with failures("network", spec):
    with st.spinner(f"Loading {spec.name} and running it once …", show_time=True):
        summary = service.summary(spec)
    st.subheader(spec.name)
    st.caption(
        f"Input {formats.shape(summary.input_shape)} · {summary.classes} classes · {len(summary.layers)} layers"
    )
    _totals(summary)
    st.subheader("Where parameters and MACs sit")
    st.altair_chart(
        charts.where_it_sits(summary.layers), alt="Share of parameters and MACs by part of the network"
    )
    st.subheader("Layers")
    _layers(summary.layers)
    st.subheader("How MACs are counted")
    _counting(summary)
    if summary.card:
        st.subheader("How this network was trained")
        _card(summary.card)
