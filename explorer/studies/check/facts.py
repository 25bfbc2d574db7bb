"""What is known of one network, gathered once for all kinds of findings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import torch
from torch import nn

from explorer.anatomy.bound import bound_layers, idle, unreached
from explorer.anatomy.copies import sharing, state_kept
from explorer.anatomy.counting import layer_rows
from explorer.anatomy.inputs import call
from explorer.anatomy.kept import output_layers
from explorer.anatomy.scopes import noting
from explorer.anatomy.soundness import training_judge
from explorer.anatomy.structure import Structure, TracedGroup
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import couplings_of, traced
from explorer.process.steps import finished
from explorer.studies.check.trial import Trial
from explorer.values import Axis, LayerRow

Numbered = tuple[int, TracedGroup]


class Facts:
    """Everything is found out when it is first asked for.

    Args:
        bench: of the network.
        trial: what came of pruning it by half; None where nothing of it can be pruned.

    Whatever needs the trace raises PruningError where Torch-Pruning cannot trace the network.
    """

    def __init__(self, bench: Bench, trial: Trial | None) -> None:
        self.bench, self.net, self.trial = bench, bench.net, trial

    @cached_property
    def rows(self) -> tuple[LayerRow, ...]:
        """Every layer."""
        return layer_rows(self.net)

    @property
    def structure(self) -> Structure:
        """The network as Torch-Pruning traced it."""
        return traced(self.bench).structure

    @property
    def groups(self) -> Iterator[Numbered]:
        """Every coupled group with its number."""
        return enumerate(self.structure.groups)

    @cached_property
    def stays(self) -> tuple[str, ...]:
        """For every group why it stays whole, '' where it need not."""
        return finished(couplings_of(self.bench))

    @cached_property
    def paths(self) -> dict[int, str | None]:
        """Dotted path of every node of the trace that is a layer or a parameter."""
        return {node.key: node.path for node in self.structure.nodes}

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Layers that the network answers with."""
        return output_layers(self.structure)

    def is_output(self, group: TracedGroup) -> bool:
        """Whether the network answers with its channels."""
        return any(item.axis is Axis.OUT and self.paths[item.node] in self.outputs for item in group.items)

    @cached_property
    def bound(self) -> dict[str, str]:
        """Why channels of a layer or parameter cannot be cut by themselves, by its dotted path."""
        return bound_layers(self.net.module)

    def wall(self, group: TracedGroup) -> str:
        """Through what the channels of a group cannot be followed, as a clause; '' where they can."""
        reasons = (why.rstrip(".") for why in self.bound.values())
        return "" if self.is_output(group) or group.wall in reasons else group.wall

    def root(self, group: TracedGroup) -> str:
        """The layer that numbers its channels."""
        return self.paths[group.lead.node] or ""

    @cached_property
    def idle(self) -> dict[str, nn.Module]:
        """The largest parts with weights that do not run on the example, by dotted path."""
        return _with_weights(idle(self.net.module, self._called))

    @cached_property
    def never(self) -> dict[str, nn.Module]:
        """Those of them that do not run in train mode either."""
        return _with_weights(idle(self.net.module, self._reached))

    @cached_property
    def is_read_unseen(self) -> bool:
        """Whether something that never runs takes channels, which it may read when it does."""
        return bool(unreached(self.net.module, self._reached))

    @cached_property
    def _reached(self) -> set[str]:
        """Modules that run on the example in either mode."""
        judge = training_judge(self.net, sharing(self.net.module)) if self.idle else None
        return self._called | (judge.called if judge else set())

    @cached_property
    def _called(self) -> set[str]:
        """Modules that run on the example."""
        called, module = set[str](), self.net.module
        with state_kept(module), torch.no_grad(), noting(module, called.add):
            call(module, self.net.example_input)
        return called


def _with_weights(parts: Iterator[tuple[str, nn.Module]]) -> dict[str, nn.Module]:
    return {path: part for path, part in parts if next(part.parameters(), None) is not None}
