"""All options of a library as widgets, one after the other: what one of them offers depends on those before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from explorer.backends import backend_of, fields_of, resolved
from explorer.backends.fields import Field, named
from explorer.backends.kinds import TEXT, WHOLE
from explorer.backends.layer_kinds import GROUPS, NAMES, RATIOS
from explorer.backends.options import words
from explorer.ui.parts import places
from explorer.ui.parts.fields import NARROW, Around, draw, not_offered, shown, withheld
from explorer.ui.parts.layer_ratios import LayerRatios
from explorer.ui.parts.needs import follow, lacking, unavailable
from explorer.ui.parts.widgets import Persist
from explorer.ui.shell import state
from explorer.values import NetworkSummary
from explorer.words import formats

_TABLES = (RATIOS, GROUPS)  # drawn elsewhere
_LONG = (NAMES, TEXT)  # each takes a row of its own
_WITH_CHANNELS = ("Conv", "Linear")
_ABREAST = 3  # options in a row under "More options"
_WIDE = 1.6  # times the room of a number, for choices side by side


class OptionPanel:
    """Draws a library's options and holds what is picked.

    Args:
        backend: the library.
        summary: of the network.
        layers: that can be named; None: all with weights and channels.
        persist: how long what is picked is kept.
        shared: options that another page draws, too: what is picked is kept for it.
    """

    def __init__(
        self,
        backend: str,
        summary: NetworkSummary,
        layers: Sequence[str] | None = None,
        persist: Persist = None,
        shared: Collection[str] = (),
    ) -> None:
        self.fields = fields_of(backend)
        self.options: Any = resolved(backend_of(backend).options)()
        self.layers = layers if layers is not None else with_channels(summary)
        self._network, self._persist, lacks = summary.spec.name, persist, lacking(summary)
        self._shared = shared
        self._missing = {option.name: unavailable(option, lacks) for option in self.fields}
        self._drawn: list[str] = []
        for option in self.fields:
            if any(choice.need for choice in option.choices):
                follow(summary.spec, option.key)

    def draw(self, also: Callable[[], None] | None = None) -> Any:
        """Draw all of them, those to fold away under "More options"; returns what is picked.

        Args:
            also: draws what the page itself folds away, too.
        """
        drawn = [option for option in self.fields if option.kind not in _TABLES and not option.live]
        first = [option for option in drawn if not option.folded]
        folded = [option for option in drawn if option.folded]
        row = st.container(horizontal=True, vertical_alignment="bottom", key="options")
        with row:
            for option in first:
                if option.kind not in _LONG:
                    self.one(option, is_narrow=True)
        places.current().keep(*(option.name for option in first if option.kind not in _LONG))
        for option in first:
            if option.kind in _LONG:
                self.one(option)
                places.current().keep(option.name)
        places.current().keep(*(option.name for option in folded))  # outside: what is folded away is not read
        if folded or also:
            with row.popover("More options"), st.container(key="more_options"):
                self._fold(folded)
                if also:
                    also()
        self._explain(first)
        return self.options

    def tell(self, *also: str) -> None:
        """Say what a link named wrongly, and name what is in force though it is folded away.

        Args:
            also: options that were drawn elsewhere.
        """
        state.show_notices(*self._drawn, *(named(self.fields, name).key for name in also))
        folded = [option for option in self.fields if option.folded]
        if told := "; ".join(words(self.options, folded)):
            st.caption(f"Also set: {formats.plain(told)}.")

    def _fold(self, folded: Sequence[Field]) -> None:
        short = [option for option in folded if option.kind not in _LONG]
        for start in range(0, len(short), _ABREAST):
            row = short[start : start + _ABREAST]
            wide = [_WIDE if option.choices and not option.opens else 1.0 for option in row]
            for column, option in zip(st.columns(wide, gap="medium"), row, strict=True):
                with column:
                    self.one(option)
        for option in folded:
            if option.kind in _LONG:
                self.one(option)

    def pick(self, name: str) -> None:
        """Draw the option of that name, unless it means nothing beside those before it."""
        self.one(named(self.fields, name))

    def skip(self, name: str) -> None:
        """Leave the option of that name at its default beside those before it."""
        option = named(self.fields, name)
        self.options = replace(self.options, **{name: option.usual(self.options)})

    def one(self, option: Field, is_narrow: bool = False) -> None:
        """Draw one option, unless it means nothing beside those before it: then it is at its default."""
        matters = option.matters(self.options)
        value = option.usual(self.options)
        if matters or (option.when and option.when.greyed):
            picked = draw(
                option,
                self.options,
                Around(
                    missing=self._missing[option.name],
                    layers=self.layers,
                    disabled=not matters,
                    width=NARROW if is_narrow and option.kind is WHOLE and not option.choices else "stretch",
                    persist="session" if option.name in self._shared else self._persist,
                ),
            )
            value = picked if matters else value
            self._drawn.append(option.key)
        self.options = replace(self.options, **{option.name: value})

    def _explain(self, first: Sequence[Field]) -> None:
        """Which choices are not offered, and why."""
        missing = {label: why for option in first for label, why in self._missing[option.name].items()}
        unfit = {label: why for option in first for label, why in withheld(option, self.options).items()}
        left_out = f"{not_offered(missing, f'for {self._network}')}{not_offered(unfit, 'with these options')}"
        if left_out:
            st.caption(left_out.strip())


def pick_options(backend: str, summary: NetworkSummary) -> Any:
    """Draw every option of a library whose page draws none itself; returns what is picked."""
    panel = OptionPanel(backend, summary)
    picked = panel.draw()
    for option, ratios in _own_ratios(backend):
        picked = replace(picked, **{option.name: ratios.given(panel.layers, summary.spec.name)})
        ratios.keep_in_link()
    panel.options = picked
    panel.tell(*(option.name for option, _ in _own_ratios(backend)))
    return picked


def own_ratio_tables(backend: str, summary: NetworkSummary) -> None:
    """Draw the table of own ratios of such a library, if it has any."""
    layers = with_channels(summary)
    for option, ratios in _own_ratios(backend):
        with st.expander(option.label):
            ratios.table([row for row in summary.layers if row.name in layers], "layers")


def _own_ratios(backend: str) -> list[tuple[Field, LayerRatios]]:
    known = backend_of(backend)
    tables = (option for option in fields_of(backend) if option.kind is RATIOS)
    return [(option, LayerRatios(option, known.amount, known.largest)) for option in tables]


def with_channels(summary: NetworkSummary) -> list[str]:
    """Layers with weights and channels, by dotted path."""
    return [row.name for row in summary.layers if row.weight_shape and row.type.startswith(_WITH_CHANNELS)]


def store(fields: Sequence[Field], options: object) -> None:
    """Let every widget show these options; call it before they are drawn."""
    for option in fields:
        if option.kind not in _TABLES:
            st.session_state[option.key] = shown(option, options)
            state.forget(option.key)
