"""Channels to remove by hand: what the session and the link hold of them; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import streamlit as st

from explorer.ui.parts import own_ratios
from explorer.ui.parts.link_ratios import keep_beside
from explorer.ui.shell import state
from explorer.values import Axis, Channels, Group, LayerGraph, Member, NetworkSpec
from explorer.values.by_hand import channels_text, read_channels

LINK = "remove"  # layer:0,3,8-11, once for each layer
_NETWORK = "remove_network"
_ROUND = "remove_round"  # a new field after each change from elsewhere: what was typed is in the session then

Picked = Mapping[int, tuple[int, ...]]  # group -> its channels


def picked(spec: NetworkSpec, graph: LayerGraph) -> Picked:
    """Channels by group, as the session has them; a new session takes them from the link, another network none."""
    if st.session_state.setdefault(_NETWORK, spec.key) != spec.key:
        st.session_state[_NETWORK] = spec.key
        _store({})
    if LINK not in st.session_state:
        st.session_state[LINK] = dict(_of_link(graph))
    found: Picked = st.session_state[LINK]
    return found


def pick(group: Group, field: str) -> None:
    """Take what was typed for a group; what names no channel of it is said, and changes nothing.

    The field, named by its key, then says what holds: a new one in its place would at times stand beside it.
    """
    state.forget(LINK)
    found: Picked = st.session_state[LINK]
    try:
        channels = read_channels(st.session_state[field], group.channels)
    except ValueError as part:
        state.note(LINK, f"“{state.short(str(part))}” names no channel: {_expected(group.channels)}")
        channels = found.get(group.id, ())
    others = {number: at for number, at in found.items() if number != group.id}
    st.session_state[LINK] = others | ({group.id: channels} if channels else {})
    st.session_state[field] = channels_text(channels)


def clear() -> None:
    """Let all channels stay."""
    _store({})


def round_of() -> int:
    """How often all were changed from elsewhere: part of the key of a field."""
    return int(st.session_state.get(_ROUND, 0))


def asked(graph: LayerGraph, found: Picked) -> Channels:
    """The same by a layer of each group, as the library takes them."""
    names = {number: layer for layer, number in reversed(own_ratios.owner_of(graph).items())}
    return tuple(
        (names[number], _of_layer(graph.groups[number], names[number], at)) for number, at in found.items()
    )


def keep_in_link(graph: LayerGraph, slider: str) -> None:
    """Put them into the link, beside the slider's value."""
    found: Picked = st.session_state.get(LINK, {})
    keep_beside(LINK, [f"{layer}:{channels_text(at)}" for layer, at in asked(graph, found)], slider)


def _store(found: Picked) -> None:
    st.session_state[LINK] = dict(found)
    st.session_state[_ROUND] = round_of() + 1
    state.forget(LINK)


def _of_link(graph: LayerGraph) -> Iterator[tuple[int, tuple[int, ...]]]:
    owners = own_ratios.owner_of(graph)
    for part in st.query_params.get_all(LINK):
        layer, _, text = part.rpartition(":")
        if layer not in owners:
            thing = "a layer to remove channels of"
            state.note_also(LINK, state.unknown(layer or part, list(owners), thing))
            continue
        group = graph.groups[owners[layer]]
        member = _outputs(group, layer)
        try:
            named = read_channels(text, member.width)
        except ValueError as wrong:
            told = f"The link names “{state.short(str(wrong))}” of {layer}, which is no channel"
            state.note_also(LINK, f"{told}: {_expected(member.width)} The rest of the link was kept.")
            continue
        here = {channel: at for at in range(group.channels) for channel in member.index_map.of(at)}
        yield group.id, tuple(sorted({here[channel] for channel in named if channel in here}))


def _of_layer(group: Group, layer: str, channels: tuple[int, ...]) -> tuple[int, ...]:
    index = _outputs(group, layer).index_map
    return tuple(index.of(channel)[0] for channel in channels)


def _outputs(group: Group, layer: str) -> Member:
    return next(one for one in group.members if one.layer == layer and one.axis is Axis.OUT and one.width)


def _expected(width: int) -> str:
    return f"expected numbers from 0 to {width - 1} or spans of them, such as 0,3 or 1-2."
