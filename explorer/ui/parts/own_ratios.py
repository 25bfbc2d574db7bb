"""Groups with a ratio of their own: what the session and the link hold of them; nothing is drawn here.

A group is named by any layer whose outputs are in it. A block gives its ratio to every group that starts in it and has
none of its own; inner blocks go before outer ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from explorer.ui.parts.blocks import above, starting_in
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.link_ratios import keep_ratios, note_refused, ratios_of_link
from explorer.ui.shell import state
from explorer.values import Axis, Group, LayerGraph, NetworkSpec, NodeKind

LINK = "override"  # layer:0.50,other:0.00
LARGEST = 0.95  # as for the slider: near 1 a group would lose everything, and the library leaves it whole
_NETWORK = "override_network"
_ROUND = "override_round"  # a new table and field after each change: their edits are in the session then


def own_ratios(spec: NetworkSpec) -> tuple[tuple[str, float], ...]:
    """Layers that name a group with a ratio of its own, and that ratio; what this network lacks is dropped."""
    came_from = st.session_state.get(_NETWORK, spec.key)
    if came_from != spec.key:
        state.forget(LINK)
    if own := held():
        graph = graph_of(spec.key, spec)
        found = _settled(own, owner_of(graph), starting_in(graph), spec, switched=came_from != spec.key)
        st.session_state[LINK] = found
    st.session_state[_NETWORK] = spec.key
    return tuple(sorted(held().items()))


def owner_of(graph: LayerGraph) -> dict[str, int]:
    """The group that a layer's outputs are in, where it is one that may lose channels, and only one.

    A norm after a concatenation carries channels of several groups: it names none of them.
    """
    layers = {node.id for node in graph.nodes if node.is_layer and node.kind is not NodeKind.PARAMETER}
    found: dict[str, list[Group]] = {}
    for group in graph.groups:
        for layer in filter(layers.__contains__, _outputs(group)):
            found.setdefault(layer, []).append(group)
    return {layer: groups[0].id for layer, groups in found.items() if len(groups) == 1 and groups[0].prunable}


def _outputs(group: Group) -> dict[str, None]:
    """Layers whose outputs are in a group, each once, in the group's order."""
    return {member.layer: None for member in group.members if member.width and member.axis is Axis.OUT}


def settled_by_keeping(
    own: Sequence[tuple[str, float]], keep: Sequence[str], graph: LayerGraph
) -> tuple[str, ...]:
    """Layers and blocks whose own ratio has no effect, since a layer of each of their groups is kept."""
    kept = {group.id for group in graph.groups if any(_is_kept(layer, keep) for layer in _outputs(group))}
    meant = starting_in(graph) | {layer: (group,) for layer, group in owner_of(graph).items()}
    return tuple(name for name, _ in own if kept.issuperset(meant[name]))


def _is_kept(layer: str, keep: Sequence[str]) -> bool:
    return not {layer, *above(layer)}.isdisjoint(keep)


def ratio_of(group_id: int, owners: Mapping[str, int]) -> float | None:
    """The own ratio of a group; None where it follows the slider."""
    return next((ratio for layer, ratio in held().items() if owners.get(layer) == group_id), None)


def of_blocks(group: Group) -> tuple[str, float] | None:
    """The innermost block with a ratio that a group starts in, and that ratio."""
    own = held()
    return next(((block, own[block]) for block in reversed(above(group.root)) if block in own), None)


def set_block(block: str, ratio: float | None) -> None:
    """Give the groups that start in a block a ratio, or let them follow the slider again."""
    if ratio is not None and not 0 <= ratio <= LARGEST:
        store(held())
        note_refused(LINK, block, ratio, LARGEST)
        return
    own = {name: other for name, other in held().items() if name != block}
    store(own if ratio is None else own | {block: round(float(ratio), 2)})


def set_ratio(group_id: int, layer: str, ratio: float | None, owners: Mapping[str, int]) -> None:
    """Give the group that `layer` names a ratio of its own, or let it follow the slider again."""
    if ratio is not None and not 0 <= ratio <= LARGEST:
        store(held())
        note_refused(LINK, layer, ratio, LARGEST)
        return
    own = {name: other for name, other in held().items() if owners.get(name) != group_id}
    if ratio is not None:
        own[layer] = round(float(ratio), 2)
    store(own)


def store(own: Mapping[str, float]) -> None:
    """Keep these ratios in the session; the page puts them into the link when it is drawn."""
    st.session_state[LINK] = dict(own)
    st.session_state[_ROUND] = edit_round() + 1
    state.forget(LINK)


def edit_round() -> int:
    """How often the ratios were changed: part of the key of what edits them."""
    return int(st.session_state.get(_ROUND, 0))


def keep_in_link(slider: str) -> None:
    """Put the ratios into the link, beside the slider of that name."""
    keep_ratios(LINK, held(), slider)


def held() -> dict[str, float]:
    """Own ratios by a layer of their group, as the session has them; a new session takes them from the link."""
    if LINK not in st.session_state:
        st.session_state[LINK] = ratios_of_link(LINK, LARGEST)
    own: dict[str, float] = st.session_state[LINK]
    return own


def _settled(
    own: Mapping[str, float],
    owners: Mapping[str, int],
    blocks: Collection[str],
    spec: NetworkSpec,
    switched: bool,
) -> dict[str, float]:
    """Those that name a group or a block of this network, one a group; a sentence says which do not."""
    kept = {name: ratio for name, ratio in own.items() if name in blocks and name not in owners}
    for layer in filter(owners.__contains__, own):
        twin = next((name for name in kept if owners.get(name) == owners[layer]), None)
        if twin:
            state.note_also(
                LINK, f"{layer} and {twin} are in the same group, so the ratio of {twin} applies to both."
            )
        else:
            kept[layer] = own[layer]
    if gone := [layer for layer in own if layer not in owners and layer not in blocks]:
        state.note_also(LINK, _gone(gone, spec) if switched else _unknown(gone, owners))
    return kept


def _gone(layers: Sequence[str], spec: NetworkSpec) -> str:
    return (
        f"The ratio set for {' and '.join(layers)} was dropped: {spec.name} has no group with such a "
        "layer's outputs."
    )


def _unknown(layers: Sequence[str], owners: Mapping[str, int]) -> str:
    thing = "a layer of a group with a ratio of its own"
    return " ".join(state.unknown(layer, list(owners), thing) for layer in layers)
