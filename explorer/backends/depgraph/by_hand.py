"""Channels that a person names: from layers and numbers to what goes from every group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import torch

from explorer.anatomy.network import Network
from explorer.anatomy.structure import Indices, TracedItem
from explorer.backends.depgraph.options import no_layer
from explorer.backends.depgraph.ranked import RankedGroups
from explorer.backends.depgraph.ranking import Positions
from explorer.backends.paths import as_paths
from explorer.values.errors import PruningError

Channels = Mapping[str, Iterable[int]] | Sequence[tuple[str, Iterable[int]]]  # layer -> output channels
Named = tuple[tuple[str, tuple[int, ...]], ...]  # (layer, output channels)

TAKES = "Give numbers of output channels by layer, such as {'conv1': (0, 3)}"


@dataclass(frozen=True)
class Picked:
    """What goes from every group when some channels of some layers do."""

    ranked: RankedGroups
    positions: Mapping[int, Indices]  # by place of the candidate

    @property
    def counts(self) -> Positions:
        """Positions that go from each candidate."""
        found = (len(self.positions.get(place, ())) for place in range(len(self.ranked.candidates)))
        return np.array(list(found), dtype=np.int64)

    def channels(self, place: int, _: int = 0) -> Indices:
        """Root channels that go from one candidate."""
        return self.ranked.candidates[place].channels(torch.from_numpy(self.positions[place]))

    def going(self) -> dict[int, Indices]:
        """The same by the number of the group."""
        return {self.ranked.candidates[place].id: self.channels(place) for place in self.positions}


def named(net: Network, loose: object) -> Named:
    """Layers with channels from loose words: a mapping or pairs, layers by path or as modules of the network.

    Raises:
        PruningError: for anything else, a channel that is no whole number, or one that is named twice.
    """
    pairs = as_paths(net, "channels", loose)
    pairs = list(pairs.items()) if isinstance(pairs, Mapping) else pairs
    if not isinstance(pairs, (list, tuple)) or not all(_is_pair(pair) for pair in pairs):
        raise PruningError(f"Channels to remove must be given by layer, got {type(loose).__name__}. {TAKES}.")
    found = tuple((layer, _numbers(layer, channels)) for layer, channels in pairs)
    if not any(channels for _, channels in found):
        raise PruningError(f"No channel to remove is named. {TAKES}; plan(0) leaves them all.")
    return found


def picked(net: Network, ranked: RankedGroups, wanted: Named) -> Picked:
    """What goes with these channels: all that is coupled with them, and the same positions of every head.

    Raises:
        UnknownNameError: for a layer that the network does not have.
        PruningError: for a channel that does not exist or has to stay, with the reason, or if a layer would lose all.
    """
    found: dict[int, set[int]] = {}
    for layer, channels in wanted:
        held = _held(net, ranked, layer)
        for channel in channels:
            place, position = _position(ranked, layer, channel, held)
            found.setdefault(place, set()).add(position)
    result = Picked(
        ranked, {place: np.array(sorted(found[place]), dtype=np.int64) for place in sorted(found)}
    )
    if emptied := ranked.emptied(result.counts, result.channels):
        asked = ", ".join(f"'{layer}'" for layer, _ in wanted)
        raise PruningError(
            f"'{emptied[0]}' would lose all of its channels with those named of {asked}, and one has to stay. "
            "Name fewer."
        )
    return result


def _is_pair(pair: object) -> bool:
    return isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[0], str)


def _numbers(layer: str, loose: Any) -> tuple[int, ...]:
    listed = loose.tolist() if hasattr(loose, "tolist") else loose
    if isinstance(listed, Integral):
        listed = (listed,)
    if not isinstance(listed, Iterable) or isinstance(listed, (str, bytes)):
        raise PruningError(f"Channels of '{layer}' must be whole numbers, got {loose!r}. {TAKES}.")
    channels = tuple(listed)
    for number in channels:
        if not isinstance(number, Integral) or isinstance(number, bool):
            raise PruningError(f"A channel of '{layer}' must be a whole number, got {number!r}. {TAKES}.")
    if twice := [number for number in channels if channels.count(number) > 1]:
        raise PruningError(f"Channel {twice[0]} of '{layer}' is named twice. Name each once.")
    return tuple(sorted(map(int, channels)))


def _held(net: Network, ranked: RankedGroups, layer: str) -> Sequence[tuple[int, TracedItem]]:
    """Where a layer's output channels lie, as (number of the group, item)."""
    modules = dict(net.module.named_modules())
    if not layer or (layer not in modules and layer not in dict(net.module.named_parameters())):
        raise no_layer(net, layer, "to remove channels of")
    held = ranked.holding(layer)
    if held:
        return held
    inner = [name for name in modules if name.startswith(f"{layer}.") and ranked.holding(name)]
    if inner:
        raise PruningError(
            f"'{layer}' is a block, and channels are removed from a layer. Name one in it, such as '{inner[0]}'."
        )
    raise PruningError(
        f"'{layer}' holds no output channels of its own that could be removed. Name a layer with weights before it."
    )


def _position(
    ranked: RankedGroups, layer: str, channel: int, held: Sequence[tuple[int, TracedItem]]
) -> tuple[int, int]:
    """Place of the candidate that a channel is in, and its position there."""
    width = held[0][1].width or 0
    if not 0 <= channel < width:
        raise PruningError(
            f"'{layer}' has no channel {channel}: its {width} channels are 0 to {width - 1}. Name one of them."
        )
    places = {candidate.id: place for place, candidate in enumerate(ranked.candidates)}
    here = [(number, item.root[item.index == channel]) for number, item in held]
    for number, roots in here:
        if roots.size and number in places:
            place = places[number]
            return place, ranked.candidates[place].position(int(roots[0]))
    groups = {number for number, roots in here if roots.size}
    why = next((one.reason for one in ranked.left_whole if one.group in groups), "It is in no coupled group.")
    raise PruningError(f"Channel {channel} of '{layer}' has to stay. {why} Take it off the list.")
