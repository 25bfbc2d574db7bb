"""Ratios of their own: as a link carries them (``layer:0.50,other:0.00``), and the sentence for what is none."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.backends.layer_kinds import ratios_text, read_ratio
from explorer.ui.shell import state
from explorer.values.loose import is_number


def ratios_of_link(name: str, largest: float) -> dict[str, float]:
    """What the link says under `name`, without ratios it cannot mean; a sentence says what each was."""
    own = {}
    for part in filter(None, ",".join(st.query_params.get_all(name)).split(",")):
        layer, ratio = read_ratio(part)
        if not layer or not is_number(ratio) or not 0 <= ratio <= largest:
            state.note_also(
                name,
                f"The link asks for {name}={state.short(part)}; expected a layer, a colon and a fraction from 0 to "
                f"{largest:g}, such as conv1:0.30. The rest of the link was kept.",
            )
        else:
            own[layer] = round(float(ratio), 2)
    return own


def note_refused(name: str, layer: str, ratio: float, largest: float) -> None:
    """Say that what was typed for a layer is no ratio."""
    state.note(
        name,
        f"{ratio:g} is no ratio for {layer}; expected a fraction from 0 to {largest:g}. It stays as it was: retype it.",
    )


def keep_ratios(name: str, own: Mapping[str, float], slider: str) -> None:
    """Put the ratios into the link, beside the slider's value."""
    keep_beside(name, [ratios_text(sorted(own.items()))] if own else [], slider)


def keep_beside(name: str, said: list[str], slider: str) -> None:
    """Put values into the link, beside the slider's: what Python writes replaces the whole link."""
    if st.query_params.get_all(name) == said:
        return
    if not said:
        del st.query_params[name]
    beside = {slider: f"{st.session_state[slider]:.2f}"} if slider in st.session_state else {}
    st.query_params.update(beside | ({name: said} if said else {}))
