"""Layers with a ratio of their own: a table with search, kept in the session and in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from explorer.backends.fields import Field
from explorer.ui.parts.link_ratios import keep_ratios, note_refused, ratios_of_link
from explorer.ui.shell import state
from explorer.values import LayerRow
from explorer.words import formats
from explorer.words.glossary import explain

_OWN = "own ratio"


@dataclass(frozen=True)
class LayerRatios:
    """One library's ratios by layer; their option's name in links is theirs in the session, too."""

    option: Field
    slider: str  # its name in the session and in the link
    largest: float  # ratio

    def given(self, layers: Sequence[str], network: str) -> tuple[tuple[str, float], ...]:
        """Ratios of those of `network`'s `layers` that have one; the others are dropped with a sentence."""
        link, came_from = self.option.key, st.session_state.get(self._network, network)
        if came_from != network:
            state.forget(link)
        own = self._held()
        if gone := [layer for layer in own if layer not in layers]:
            state.note_also(link, _dropped(gone, network) if came_from != network else _unknown(gone, layers))
            st.session_state[link] = {layer: ratio for layer, ratio in own.items() if layer not in gone}
        st.session_state[self._network] = network
        return tuple(sorted(self._held().items()))

    def keep_in_link(self) -> None:
        """Put the ratios into the link, beside the slider."""
        keep_ratios(self.option.key, self._held(), self.slider)

    def table(self, rows: Sequence[LayerRow], what: str) -> None:
        """Draw the table of these layers; an edit takes effect at once, and an emptied cell follows the slider.

        Args:
            rows: the layers that can have one.
            what: in plain words, such as "masked layers".
        """
        link, own = self.option.key, self._held()
        wanted = st.text_input(
            "Search layers to override", placeholder="part of a name", key=f"{link}_search"
        )
        found = [row for row in rows if wanted.lower() in f"{row.name} {row.type}".lower()]
        if not found:
            named = formats.plain(wanted)
            st.info(f"None of the {what} matches “{named}”. Clear the search to see all.")
            return
        self._editor(found, own)
        st.caption(
            f"{len(found)} of {len(rows)} {what}. Click a cell in “{_OWN}” to set it; edits apply at once."
        )
        st.button("Reset all", disabled=not own, on_click=self._store, args=({},))

    def _editor(self, rows: Sequence[LayerRow], own: dict[str, float]) -> None:
        key = f"{self.option.key}_table_{st.session_state.get(self._round, 0)}"
        st.data_editor(
            _table(rows, own),
            key=key,
            hide_index=True,
            placeholder="follows the slider",
            disabled=("layer", "type", "parameters"),
            on_change=self._take,
            args=(key, tuple(row.name for row in rows)),
            column_config={
                _OWN: st.column_config.NumberColumn(step=0.01, format="%.2f", help=explain(self.option.term)),
                "parameters": st.column_config.NumberColumn(format="localized", help=explain("parameters")),
            },
        )

    @property
    def _network(self) -> str:
        """Where the session keeps which network they are of."""
        return f"{self.option.key}_network"

    @property
    def _round(self) -> str:
        """Where it counts changes: a new table after each, for its edits are in the session then."""
        return f"{self.option.key}_round"

    def _held(self) -> dict[str, float]:
        """As the session has them; a new session takes them from the link."""
        link = self.option.key
        if link not in st.session_state:
            st.session_state[link] = ratios_of_link(link, self.largest)
        own: dict[str, float] = st.session_state[link]
        return own

    def _take(self, key: str, layers: tuple[str, ...]) -> None:
        """Take what was typed; bounds in the column itself would silently make 1.00 of 7."""
        own, refused = dict(self._held()), {}
        for position, change in st.session_state[key]["edited_rows"].items():
            layer, ratio = layers[int(position)], change.get(_OWN)
            if ratio is None:
                own.pop(layer, None)
            elif 0 <= ratio <= self.largest:
                own[layer] = round(float(ratio), 2)
            else:
                refused[layer] = ratio
        self._store(own)
        for layer, ratio in refused.items():
            note_refused(self.option.key, layer, ratio, self.largest)

    def _store(self, own: dict[str, float]) -> None:
        """Keep them in the session; the page puts them into the link when it is drawn."""
        st.session_state[self.option.key] = own
        st.session_state[self._round] = st.session_state.get(self._round, 0) + 1
        state.forget(self.option.key)


def _dropped(layers: Sequence[str], network: str) -> str:
    return f"The ratio set for {' and '.join(layers)} was dropped: {network} has no such layer that can take one."


def _unknown(gone: Sequence[str], layers: Sequence[str]) -> str:
    return " ".join(state.unknown(layer, layers, "a layer with a ratio of its own") for layer in gone)


def _table(rows: Sequence[LayerRow], own: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": [row.name for row in rows],
            _OWN: pd.Series([own.get(row.name) for row in rows], dtype="float64"),
            "type": [row.type for row in rows],
            "parameters": [row.params for row in rows],
        }
    )
