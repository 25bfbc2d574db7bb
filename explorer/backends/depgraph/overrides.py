"""Ratios of their own: from the layers that a person names to the groups that they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from explorer.backends.depgraph.ranking import Candidate
from explorer.values import Axis
from explorer.values.errors import PruningError


def groups_with_own_ratio(
    overrides: Sequence[tuple[str, float]],
    candidates: Sequence[Candidate],
    names: Mapping[int, str | None],
    why: Callable[[str], str],
) -> dict[int, float]:
    """Group id -> its own ratio.

    A layer means the group that its outputs are in. A block means every group whose root lies in it; one that starts
    before the block and only reaches into it follows the ratio that is asked for. Layers go before blocks, inner blocks
    before outer ones.

    Args:
        overrides: (layer or block, ratio) pairs.
        candidates: groups that may lose channels.
        names: node key -> dotted path of the layer.
        why: of a layer: why its outputs have to stay, "" where that is not known.

    Raises:
        PruningError: if a layer's outputs are in no such group or in several, if no group starts in a block, or if
            two layers of one group ask for different ratios.
    """
    found: dict[int, float] = {}
    blocks: list[tuple[str, float]] = []
    for layer, ratio in overrides:
        held = _holding(layer, candidates, names)
        if not held and _started(layer, candidates, names):
            blocks.append((layer, ratio))
            continue
        group = _the_one(layer, held, candidates, names, why).id
        if found.setdefault(group, ratio) != ratio:
            raise PruningError(
                f"'{layer}' asks for ratio {ratio:g}, and another layer of its group for {found[group]:g}: coupled "
                "layers lose the same channels. Give the group one ratio."
            ).about("overrides")
    for block, ratio in sorted(blocks, key=lambda pair: -pair[0].count(".")):
        for group in _started(block, candidates, names):
            found.setdefault(group, ratio)
    return found


def _holding(layer: str, candidates: Sequence[Candidate], names: Mapping[int, str | None]) -> list[Candidate]:
    return [
        candidate
        for candidate in candidates
        if any(names[item.node] == layer and item.axis is Axis.OUT for item in candidate.group.items)
    ]


def _started(block: str, candidates: Sequence[Candidate], names: Mapping[int, str | None]) -> list[int]:
    """Groups whose root lies in a block."""
    roots = {candidate.id: names[candidate.group.lead.node] or "" for candidate in candidates}
    return [number for number, root in roots.items() if root.startswith(f"{block}.")]


def _the_one(
    layer: str,
    held: Sequence[Candidate],
    candidates: Sequence[Candidate],
    names: Mapping[int, str | None],
    why: Callable[[str], str],
) -> Candidate:
    if len(held) == 1:
        return held[0]
    if not held:
        raise PruningError(
            f"'{layer}' cannot have a ratio of its own. {_why_none(layer, candidates, names, why)}"
        ).about("overrides")
    roots = ", ".join(str(names[candidate.group.lead.node]) for candidate in held[:4])
    raise PruningError(
        f"'{layer}' carries the channels of {len(held)} groups, so the group is ambiguous. Name a layer of "
        f"one of them, such as {roots}."
    ).about("overrides")


def _why_none(
    layer: str,
    candidates: Sequence[Candidate],
    names: Mapping[int, str | None],
    why: Callable[[str], str],
) -> str:
    if reason := why(layer):
        return f"{reason} Take it off the list."
    for candidate in candidates:
        if any((names[item.node] or "").startswith(f"{layer}.") for item in candidate.group.items):
            root = names[candidate.group.lead.node]
            return (
                f"No group that can lose channels starts in it; the group of '{root}' reaches into it. Name "
                "that layer."
            )
    return (
        "It holds no output channels that can be removed. Take it off the list, or name a layer with weights."
    )
