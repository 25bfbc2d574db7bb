"""What only DepGraph shows of a result: that removing channels is the same as silencing them."""

from __future__ import annotations

from torch import nn

from explorer.anatomy.inputs import answer
from explorer.anatomy.verifying import zeroing_difference, zeroing_note
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.values import ChannelPlan, RemovalEvidence


def evidence(planner: DepGraphPlanner, plan: ChannelPlan, pruned: nn.Module) -> RemovalEvidence:
    """Hold the pruned network against the dense one with the same channels set to zero."""
    net, removed = planner.net, planner.removed
    return RemovalEvidence(
        output_shape=tuple(answer(pruned, net.example_input)[0].shape),
        difference=zeroing_difference(net, pruned, removed),
        note=zeroing_note(net.module, removed),
    )
