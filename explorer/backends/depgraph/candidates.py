"""The groups of a network that may lose channels, scored by the library."""

from __future__ import annotations

from explorer.anatomy.kept import kept_because, output_layers
from explorer.anatomy.network import Network
from explorer.backends.depgraph.options import kept_layers
from explorer.backends.depgraph.overrides import groups_with_own_ratio
from explorer.backends.depgraph.ranking import Candidate
from explorer.backends.depgraph.torch_pruning import Gradients, Trace, importance
from explorer.values import Criterion, PruningOptions
from explorer.values.errors import PruningError
from explorer.values.named import Need


class Candidates:
    """Which groups may shrink, under what name, and which are left whole.

    Args:
        net: left untouched.
        options: criterion, layers to keep, overrides.
        traced: a trace of it.
        gradients: what the criterion wants of it.

    Raises:
        PruningError: if no group can be pruned, or the criterion or an override does not suit the network.
    """

    def __init__(self, net: Network, options: PruningOptions, traced: Trace, gradients: Gradients) -> None:
        self._groups = traced.structure.groups
        self.names = {node.key: node.path for node in traced.structure.nodes}
        outputs = output_layers(traced.structure)
        kept = kept_layers(net, options.keep)
        stays = [kept_because(group, self.names, outputs, kept) for group in self._groups]
        free = [number for number, why in enumerate(stays) if not why]
        scores = importance(traced, net.module, options, free, gradients)
        if not scores:
            raise _nothing_to_score(net.name, options.criterion, free)
        self.scored = [Candidate.ranked(number, self._groups[number], raw) for number, raw in scores.items()]
        self.roots = tuple(self._root(candidate.id) for candidate in self.scored)
        left_whole = (root for number, why in enumerate(stays) if why and (root := self._root(number)))
        self.left_whole = tuple(dict.fromkeys((*outputs, *kept, *left_whole)))
        self.own_ratios = groups_with_own_ratio(options.overrides, self.scored, self.names)

    def own_ratio_of_roots(self) -> dict[str, float]:
        """The same by the layer that numbers a group's channels, as the library wants it."""
        return {self._root(number): ratio for number, ratio in self.own_ratios.items()}

    def _root(self, number: int) -> str:
        return self.names[self._groups[number].items[0].node] or ""


def _nothing_to_score(name: str, criterion: Criterion, free: list[int]) -> PruningError:
    if free and criterion.need is Need.BATCHNORM:
        return PruningError(
            f"The criterion '{criterion}' reads the scales of BatchNorm layers, and no group of '{name}' has one. "
            "Pick another criterion, such as l2."
        )
    return PruningError(
        f"Network '{name}' has no group of channels that can be pruned: every layer with weights is an output, is "
        "kept, or is coupled in a way that Torch-Pruning cannot follow. Keep fewer layers, or pick another network."
    )
