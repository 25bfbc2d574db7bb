"""All options of a library as widgets, one after the other: what one of them offers depends on those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from explorer.backends.fields import Field
from explorer.backends.kinds import TEXT
from explorer.backends.layer_kinds import GROUPS, NAMES, RATIOS
from explorer.backends.options import words
from explorer.ui.parts.fields import Around, draw, not_offered, shown, withheld
from explorer.ui.shell import state
from explorer.words import formats

_TABLES = (RATIOS, GROUPS)  # drawn elsewhere
_LONG = (NAMES, TEXT)  # each takes a row of its own
_ABREAST = 3  # options in a row under "More options"
_WIDE = 1.6  # times the room of a number, for choices side by side


class OptionPanel:
    """Draws a library's options and holds what is picked.

    Args:
        fields: of the library.
        options: what is picked before anything is drawn: the defaults.
        network: its name.
        missing: by option and by the label of a choice: why this network cannot have it.
        layers: by option: the layers that can be named.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        options: Any,
        network: str,
        missing: Mapping[str, Mapping[str, str]],
        layers: Mapping[str, Sequence[str]],
    ) -> None:
        self.fields, self.options, self.network = fields, options, network
        self._missing, self._layers = missing, layers

    def draw(self) -> Any:
        """Draw all of them, those to fold away under "More options"; returns what is picked."""
        drawn = [option for option in self.fields if option.kind not in _TABLES and not option.live]
        first = [option for option in drawn if not option.folded]
        with st.container(horizontal=True, gap="medium"):
            for option in first:
                if option.kind not in _LONG:
                    self._one(option, narrow=True)
        self._explain(first)
        for option in first:
            if option.kind in _LONG:
                self._one(option)
        if folded := [option for option in drawn if option.folded]:
            with st.expander("More options"):
                self._fold(folded)
        return self.options

    def tell(self) -> None:
        """Say what a link named wrongly, and name what is in force though it is folded away."""
        state.show_notices(*(option.key for option in self.fields))
        folded = [option for option in self.fields if option.folded]
        if told := "; ".join(words(self.options, folded)):
            st.caption(f"Also in force: {formats.plain(told)}.")

    def _fold(self, folded: Sequence[Field]) -> None:
        short = [option for option in folded if option.kind not in _LONG]
        for start in range(0, len(short), _ABREAST):
            row = short[start : start + _ABREAST]
            wide = [_WIDE if option.choices and not option.opens else 1.0 for option in row]
            for column, option in zip(st.columns(wide, gap="medium"), row, strict=True):
                with column:
                    self._one(option)
        for option in folded:
            if option.kind in _LONG:
                self._one(option)

    def _one(self, option: Field, narrow: bool = False) -> None:
        """Draw one option, unless it means nothing beside those before it: then it is at its default."""
        matters = option.matters(self.options)
        value = option.usual(self.options)
        if matters or (option.when and option.when.greyed):
            picked = draw(
                option,
                self.options,
                Around(
                    missing=self._missing.get(option.name, {}),
                    layers=self._layers.get(option.name, ()),
                    disabled=not matters,
                    narrow=narrow,
                ),
            )
            value = picked if matters else value
        self.options = replace(self.options, **{option.name: value})

    def _explain(self, first: Sequence[Field]) -> None:
        """What is picked in plain words, and which choices are not offered."""
        picked = [option.choice_of(getattr(self.options, option.name)) for option in first if option.choices]
        told = " ".join(f"**{one.label}**: {one.told}" for one in picked if one.told)
        missing = {
            label: why for option in first for label, why in self._missing.get(option.name, {}).items()
        }
        unfit = {label: why for option in first for label, why in withheld(option, self.options).items()}
        left_out = f"{not_offered(missing, f'for {self.network}')}{not_offered(unfit, 'beside these')}"
        if text := f"{told}{left_out}".strip():
            st.caption(text)


def store(fields: Sequence[Field], options: object) -> None:
    """Let every widget show these options; call it before they are drawn."""
    for option in fields:
        if option.kind not in _TABLES:
            st.session_state[option.key] = shown(option, getattr(options, option.name))
            state.forget(option.key)
