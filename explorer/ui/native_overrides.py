"""Layers with a ratio of their own: a table with search, kept in the link."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from explorer.glossary import explain
from explorer.schema import LayerSparsity, NativePlan
from explorer.ui import formats, state

_LINK = "native_own"  # layer:0.30,other:0.00
_OWN = "own ratio"
_ROUND = "native_own_round"  # a new table after each change: its edits are in the session then


def own_amounts(layers: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Ratios of their own, for those of `layers` that have one."""
    return tuple((layer, ratio) for layer, ratio in _own(layers).items() if layer in layers)


def _own(layers: Sequence[str]) -> dict[str, float]:
    if _LINK not in st.session_state:
        st.session_state[_LINK] = _of_link(layers)
    own: dict[str, float] = st.session_state[_LINK]
    return own


def _of_link(layers: Sequence[str]) -> dict[str, float]:
    """What the link says, without what it cannot mean; one sentence says what was left out."""
    own = {}
    for part in filter(None, st.query_params.get(_LINK, "").split(",")):
        layer, _, text = part.rpartition(":")
        ratio = state.number(text)
        if layer not in layers:
            state.note(_LINK, state.unknown(layer or part, layers, "a layer with a ratio of its own"))
        elif ratio is None or not 0 <= ratio <= 1:
            state.note(
                _LINK, f"The link gives layer {layer} the ratio {text}; expected a fraction from 0 to 1."
            )
        else:
            own[layer] = ratio
    return own


def override_table(plan: NativePlan) -> None:
    """Draw the table; an edit takes effect at once, an emptied cell follows the slider again."""
    state.show_notices(_LINK)
    rows = [row for row in plan.layers if row.maskable]
    own = _own([row.name for row in rows])
    wanted = st.text_input("Search layers to override", placeholder="part of a name", key="native_own_search")
    found = [row for row in rows if wanted.lower() in f"{row.name} {row.type}".lower()]
    if not found:
        st.info(
            f"No masked layer is called anything like “{formats.plain(wanted)}”. Clear the search to see all."
        )
        return
    key = f"native_own_table_{st.session_state.get(_ROUND, 0)}"
    st.data_editor(
        _table(found, own),
        key=key,
        hide_index=True,
        disabled=("layer", "type", "values", "zeroed"),
        on_change=_take,
        args=(key, tuple(row.name for row in found)),
        column_config={
            _OWN: st.column_config.NumberColumn(
                min_value=0.0, max_value=1.0, step=0.01, format="%.2f", help=explain("own ratio")
            ),
            "zeroed": st.column_config.NumberColumn(format="percent"),
            "values": st.column_config.NumberColumn(format="localized"),
        },
    )
    st.caption(f"{len(found)} of {len(rows)} masked layers")
    st.button("Let every layer follow the slider", disabled=not own, on_click=_store, args=({},))


def _table(rows: Sequence[LayerSparsity], own: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": [row.name for row in rows],
            "type": [row.type for row in rows],
            "values": [row.maskable for row in rows],
            "zeroed": [row.masked / row.maskable for row in rows],
            _OWN: pd.Series([own.get(row.name) for row in rows], dtype="float64"),
        }
    )


def _take(key: str, layers: tuple[str, ...]) -> None:
    own = dict(st.session_state[_LINK])
    for position, change in st.session_state[key]["edited_rows"].items():
        layer, ratio = layers[int(position)], change.get(_OWN)
        own.pop(layer, None)
        if ratio is not None:
            own[layer] = round(min(max(float(ratio), 0.0), 1.0), 2)
    _store(own)


def _store(own: dict[str, float]) -> None:
    """Keep it in the session and in the link, beside the slider: what Python writes replaces the whole link."""
    st.session_state[_LINK] = own
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    text = ",".join(f"{layer}:{ratio:.2f}" for layer, ratio in own.items())
    slider = f"{st.session_state.get('native_amount', 0.5):.2f}"
    st.query_params.update({_LINK: text, "native_amount": slider})
