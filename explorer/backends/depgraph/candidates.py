"""The groups of a network that may lose channels, scored by the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from explorer.anatomy.kept import kept_because
from explorer.anatomy.network import Network
from explorer.anatomy.structure import TracedItem
from explorer.backends.depgraph.couplings import Stays
from explorer.backends.depgraph.options import kept_layers
from explorer.backends.depgraph.overrides import groups_with_own_ratio
from explorer.backends.depgraph.ranking import Candidate
from explorer.backends.depgraph.torch_pruning import Gradients, Trace, importance
from explorer.values import Axis, ChannelCriterion, ChannelOptions, LeftWhole, Normalizer
from explorer.values.errors import PruningError
from explorer.values.named import Need

MOST_REASONS = 3  # that a refusal gives


class Candidates:
    """Which groups may shrink, under what name, and which are left whole.

    Args:
        net: left untouched.
        options: criterion, layers to keep, overrides.
        traced: a trace of it.
        stays: why each of its groups has to stay whole, '' where it need not.
        gradients: what the criterion wants of it.

    Raises:
        PruningError: if no group can be pruned, or the criterion or an override does not suit the network.
    """

    def __init__(
        self, net: Network, options: ChannelOptions, traced: Trace, stays: Stays, gradients: Gradients
    ) -> None:
        self._groups = traced.structure.groups
        self.names = {node.key: node.path for node in traced.structure.nodes}
        kept = kept_layers(net, options.keep)
        why = {n: one or kept_because(self._groups[n], self.names, (), kept) for n, one in enumerate(stays)}
        free = [number for number, one in why.items() if not one]
        scores = importance(traced, net.module, options, free, gradients)
        plain = self._without_normaliser(net, options, traced, gradients, scores)
        why |= {number: _unscored(options, plain.get(number)) for number in free}
        self.left_whole = tuple(self._left(number, one) for number, one in why.items() if one)
        if len(self.left_whole) == len(why):
            raise _nothing_left(net.name, options.criterion, bool(free), self.left_whole)
        self.scored = [Candidate.ranked(n, self._groups[n], raw) for n, raw in scores.items() if not why[n]]
        self.roots = tuple(self._root(candidate.id) for candidate in self.scored)
        self.own_ratios = groups_with_own_ratio(
            options.overrides,
            self.scored,
            self.names,
            lambda layer: next((why[number] for number, _ in self.holding(layer) if why[number]), ""),
        )

    @staticmethod
    def _without_normaliser(
        net: Network,
        options: ChannelOptions,
        traced: Trace,
        gradients: Gradients,
        scores: Mapping[int, Tensor],
    ) -> Mapping[int, Tensor]:
        """The same scores; what is no number there as it was before the normaliser, which may divide by zero."""
        strange = [number for number, raw in scores.items() if not bool(torch.isfinite(raw).all())]
        plain = replace(options, normalizer=Normalizer.NONE)
        return {**scores, **(importance(traced, net.module, plain, strange, gradients) if strange else {})}

    def own_ratio_of_roots(self) -> dict[str, float]:
        """The same by the layer that numbers a group's channels, as the library wants it."""
        return {self._root(number): ratio for number, ratio in self.own_ratios.items()}

    def holding(self, layer: str) -> tuple[tuple[int, TracedItem], ...]:
        """Every group that holds output channels of a layer: its number, and where they lie in it."""
        return tuple(
            (number, item)
            for number, group in enumerate(self._groups)
            for item in group.items
            if self.names[item.node] == layer and item.axis is Axis.OUT and item.width is not None
        )

    def _root(self, number: int) -> str:
        return self.names[self._groups[number].lead.node] or ""

    def _left(self, number: int, why: str) -> LeftWhole:
        group = self._groups[number]
        layers = dict.fromkeys(self.names[item.node] for item in group.items if item.width is not None)
        return LeftWhole(number, self._root(number), group.channels, tuple(filter(None, layers)), why)


def _unscored(options: ChannelOptions, scores: Tensor | None) -> str:
    """Why channels cannot be ranked; '' where they can."""
    if scores is None:
        return f"The criterion '{options.criterion}' cannot score its channels. Another one may."
    if bool(torch.isfinite(scores).all()):
        return ""
    return (
        f"The criterion '{options.criterion}' gives its channels scores that are no numbers. Pick another "
        "criterion."
    )


def _nothing_left(
    name: str, criterion: ChannelCriterion, some_free: bool, left: tuple[LeftWhole, ...]
) -> PruningError:
    if some_free and criterion.need is Need.BATCHNORM and not any("no number" in one.reason for one in left):
        return PruningError(
            f"The criterion '{criterion}' reads the scales of BatchNorm layers, and no group of '{name}' has one. "
            "Pick another criterion, such as l2."
        )
    by_nature = sorted(left, key=lambda one: "is an output layer" in one.reason)
    reasons = dict.fromkeys(one.reason for one in by_nature)
    told = [*list(reasons)[:MOST_REASONS], *["…"][: len(reasons) - MOST_REASONS]]
    return PruningError(
        f"Network '{name}' has no group of channels that can be pruned: every layer with weights is an output, is "
        f"kept, or is coupled in a way that Torch-Pruning cannot follow. {' '.join(told)} Keep fewer layers, or pick "
        "another network."
    )
