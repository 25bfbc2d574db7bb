"""Layers with a ratio of their own: a table with search, kept in the link."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from explorer.ui.parts.link_ratios import keep_ratios, note_refused, ratios_of_link
from explorer.ui.shell import state
from explorer.values import LayerRow
from explorer.words import formats
from explorer.words.glossary import explain

_LINK = "native_own"  # layer:0.30,other:0.00
_OWN = "own ratio"
LARGEST = 1.0  # amount, of a layer or of all
_NETWORK = "native_own_network"
_ROUND = "native_own_round"  # a new table after each change: its edits are in the session then


def own_amounts(layers: Sequence[str], network: str) -> tuple[tuple[str, float], ...]:
    """Ratios of their own, for those of `network`'s `layers` that have one; the others are dropped with a sentence."""
    came_from = st.session_state.get(_NETWORK, network)
    if came_from != network:
        state.forget(_LINK)
    own = _own()
    if gone := [layer for layer in own if layer not in layers]:
        state.note_also(_LINK, _dropped(gone, network) if came_from != network else _unknown(gone, layers))
        st.session_state[_LINK] = {layer: ratio for layer, ratio in own.items() if layer not in gone}
    st.session_state[_NETWORK] = network
    return tuple(sorted(_own().items()))


def keep_in_link() -> None:
    """Put the ratios into the link, beside the slider."""
    keep_ratios(_LINK, _own(), "native_amount")


def _own() -> dict[str, float]:
    """As the session has them; a new session takes them from the link."""
    if _LINK not in st.session_state:
        st.session_state[_LINK] = ratios_of_link(_LINK, LARGEST)
    own: dict[str, float] = st.session_state[_LINK]
    return own


def _dropped(layers: Sequence[str], network: str) -> str:
    return (
        f"The own ratio of {' and '.join(layers)} is dropped: {network} has no such layer that can be masked."
    )


def _unknown(gone: Sequence[str], layers: Sequence[str]) -> str:
    return " ".join(state.unknown(layer, layers, "a layer with a ratio of its own") for layer in gone)


def override_table(rows: Sequence[LayerRow]) -> None:
    """Draw the table of masked layers; an edit takes effect at once, and an emptied cell follows the slider."""
    own = _own()
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
        placeholder="follows the slider",
        disabled=("layer", "type", "parameters"),
        on_change=_take,
        args=(key, tuple(row.name for row in found)),
        column_config={
            _OWN: st.column_config.NumberColumn(step=0.01, format="%.2f", help=explain("own ratio")),
            "parameters": st.column_config.NumberColumn(format="localized", help=explain("parameters")),
        },
    )
    st.caption(
        f"{len(found)} of {len(rows)} masked layers. Click a cell of “{_OWN}” to set it; an edit takes effect at once."
    )
    st.button("Let every layer follow the slider", disabled=not own, on_click=_store, args=({},))


def _table(rows: Sequence[LayerRow], own: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": [row.name for row in rows],
            _OWN: pd.Series([own.get(row.name) for row in rows], dtype="float64"),
            "type": [row.type for row in rows],
            "parameters": [row.params for row in rows],
        }
    )


def _take(key: str, layers: tuple[str, ...]) -> None:
    """Take what was typed; bounds in the column itself would silently make 1.00 of 7."""
    own, refused = dict(st.session_state[_LINK]), {}
    for position, change in st.session_state[key]["edited_rows"].items():
        layer, ratio = layers[int(position)], change.get(_OWN)
        if ratio is None:
            own.pop(layer, None)
        elif 0 <= ratio <= LARGEST:
            own[layer] = round(float(ratio), 2)
        else:
            refused[layer] = ratio
    _store(own)
    for layer, ratio in refused.items():
        note_refused(_LINK, layer, ratio, LARGEST)


def _store(own: dict[str, float]) -> None:
    """Keep them in the session; the page puts them into the link when it is drawn."""
    st.session_state[_LINK] = own
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    state.forget(_LINK)
