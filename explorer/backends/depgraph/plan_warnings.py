"""What a person should know about a plan, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explorer.backends.depgraph.ranked import RankedGroups
from explorer.backends.depgraph.removal import Removal
from explorer.values import ChannelOptions, ChannelScope


def estimate_of(options: ChannelOptions) -> str:
    """Why the library may do otherwise than the plan says; '' where it cannot."""
    if options.steps == 1:
        return ""
    again = f"Importance is recomputed before each of the {options.steps} steps, so "
    if options.scope is ChannelScope.LOCAL:
        return (
            again
            + "which channels go, and how well it does, are known only after Apply. Widths and counts are exact."
        )
    return (
        again + "what each group loses is known only after Apply. This is what a single ranking would remove."
    )


def warnings_of(
    ranked: RankedGroups, ratio: float, removal: Removal, widths: NDArray[np.int64]
) -> Iterator[str]:
    """Sentences on a plan: why nothing goes, what was spared, what reached its limit, what collapses."""
    if ratio and not removal.counts.any():
        yield f"Nothing is removed: {_why_nothing(ranked, ratio, removal)}"
        return
    yield from _unranked(ranked, removal)
    yield from _spared(ranked, removal)
    yield from _limited(ranked, ratio, removal)
    yield from collapsed(ranked, widths)


def _unranked(ranked: RankedGroups, removal: Removal) -> Iterator[str]:
    for place, candidate in enumerate(ranked.candidates):
        if bool(candidate.scores.isnan().any()):
            what = (
                "which of them are removed is arbitrary"
                if removal.counts[place]
                else "none of them is removed"
            )
            yield (
                f"The channels of the group of '{ranked.root(place)}' cannot be told apart: the normaliser "
                f"'{ranked.options.normalizer}' divides by their scores, which are all zero; {what}. Pick another "
                "normaliser or criterion."
            )


def _spared(ranked: RankedGroups, removal: Removal) -> Iterator[str]:
    for place in removal.spared:
        left = "as it was a step before" if removal.counts[place] else "whole"
        channels = ranked.candidates[place].group.channels
        yield (
            f"The group of '{ranked.root(place)}' ({channels} channels) would lose all channels of a layer, so "
            f"Torch-Pruning leaves it {left}. {_lower(ranked)}"
        )


def _lower(ranked: RankedGroups) -> str:
    local = ranked.options.scope is ChannelScope.LOCAL
    return "Lower the ratio." if local else "Lower the ratio, or rank every group by itself (local scope)."


def _limited(ranked: RankedGroups, ratio: float, removal: Removal) -> Iterator[str]:
    largest = ranked.options.max_ratio
    if largest == 1:
        return
    held = int((ranked.ranking.uncapped(ratio) > removal.counts).sum()) - len(removal.spared)
    if held > 0:
        which = "1 group reaches" if held == 1 else f"{held} groups reach"
        yield (
            f"{which} the maximum ratio of {largest:g} and lose{'s' if held == 1 else ''} no more, so less is "
            "removed than asked. Torch-Pruning itself ignores that maximum in a single step; here it is "
            "enforced."
        )


def collapsed(ranked: RankedGroups, widths: NDArray[np.int64]) -> Iterator[str]:
    """That a layer keeps a single channel, for each that does."""
    for place in np.flatnonzero(widths == 1):
        dense = ranked.dense
        if dense.macs[place] and dense.widths[place] > 1:
            yield (
                f"'{dense.names[place]}' keeps a single channel of {dense.widths[place]}: expect the network to fail."
            )


def _why_nothing(ranked: RankedGroups, ratio: float, removal: Removal) -> str:
    """Why not a single channel goes."""
    options, sets = ranked.options, ranked.ranking.sets
    if options.scope is not ChannelScope.LOCAL and all(together.all_equal for together in sets):
        return (
            f"the criterion {options.criterion.label} gives every channel the same score, so none is less important "
            "than another. Pick another criterion, or a trained network."
        )
    if removal.spared:
        return (
            f"at ratio {ratio:g} every group that loses channels would lose all of a layer, so Torch-Pruning leaves "
            f"it whole. {_lower(ranked)}"
        )
    if ranked.ranking.uncapped(ratio).any():
        rounded = f" and keeps a multiple of {options.round_to}" if options.round_to else ""
        return (
            f"a group that loses at most {options.max_ratio:g} of its channels{rounded} loses none. "
            "Raise the maximum ratio."
        )
    if all(together.own_ratio == 0 for together in sets):
        return "every group has a ratio of its own, and it is 0. Let a group follow the slider."
    if any(np.isnan(together.ascending).any() for together in sets):
        return (
            f"some scores are no numbers, as where the normaliser '{options.normalizer}' divides by the scores of a "
            "group that are all zero. Pick another normaliser."
        )
    return f"ratio {ratio:g} of the channels is less than one. Raise the ratio."
