"""Ratios of their own: from the layers that a person names to the groups that they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.backends.depgraph.ranking import Candidate
from explorer.values import Axis
from explorer.values.errors import PruningError


def groups_with_own_ratio(
    overrides: Sequence[tuple[str, float]], candidates: Sequence[Candidate], names: Mapping[int, str | None]
) -> dict[int, float]:
    """Group id -> its own ratio.

    Args:
        overrides: (layer, ratio) pairs.
        candidates: groups that may lose channels.
        names: node key -> dotted path of the layer.

    Raises:
        PruningError: if a layer's outputs are in no such group or in several, or if two layers of one group
            ask for different ratios.
    """
    found: dict[int, float] = {}
    for layer, ratio in overrides:
        group = _group_of(layer, candidates, names).id
        if found.setdefault(group, ratio) != ratio:
            raise PruningError(
                f"'{layer}' asks for ratio {ratio:g}, and another layer of its group for {found[group]:g}: coupled "
                "layers lose the same channels. Give the group one ratio."
            )
    return found


def _group_of(layer: str, candidates: Sequence[Candidate], names: Mapping[int, str | None]) -> Candidate:
    held = [
        candidate
        for candidate in candidates
        if any(names[item.node] == layer and item.axis is Axis.OUT for item in candidate.group.items)
    ]
    if len(held) == 1:
        return held[0]
    if not held:
        raise PruningError(
            f"'{layer}' cannot have a ratio of its own: its outputs are in no group that may lose channels and that "
            "the criterion can score. Take it off the list, or name another layer."
        )
    roots = ", ".join(str(names[candidate.group.lead.node]) for candidate in held[:4])
    raise PruningError(
        f"'{layer}' carries the channels of {len(held)} groups, so it cannot say which of them is meant. "
        f"Name a layer of one of them, such as {roots}."
    )
