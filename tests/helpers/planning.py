"""What tests of plans share: networks prepared once, and the comparison with what the library did."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.backends.base import Planner
from explorer.backends.bench import Bench
from explorer.backends.depgraph.options import parse_options
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import Gradients
from explorer.process.steps import finished
from explorer.studies.apply import apply_and_measure
from explorer.values import Amount, Axis, ChannelOptions, Plan, Report

BUNDLED = ("digits-cnn", "digits-resnet", "digits-densenet", "digits-mobilenet", "digits-vit")


@cache
def bench_of(name: str) -> Bench:
    """A network with all that was made of it, for every test of this process."""
    return Bench(explorer.load(name))


def any_gradients(module: nn.Module) -> Gradients:
    """Stand in for gradients where no labelled data belongs to a network: to rank, any numbers will do."""
    generator = torch.Generator().manual_seed(0)
    return {path: torch.rand(p.shape, generator=generator) for path, p in module.named_parameters()}


def planner_of(name: str, options: ChannelOptions | None = None) -> DepGraphPlanner:
    bench, options = bench_of(name), options or ChannelOptions()
    criterion = options.criterion
    if criterion.needs_gradients and bench.net.judged_on is None:
        bench.part(("gradients", criterion), lambda: any_gradients(bench.net.module))
    return DepGraphPlanner(bench, options)


def depgraph(net: Network, **words: Any) -> DepGraphPlanner:
    """A planner of a network of one's own, which nobody has ranked yet."""
    return DepGraphPlanner(Bench(net), parse_options(**words))


def report(planner: Planner[Any], amount: Amount) -> Report:
    return finished(apply_and_measure(planner, amount))


def assert_plan_is_library(planner: DepGraphPlanner, ratio: float) -> None:
    """Same channels, parameters, non-zeros, both MACs, bytes and tensors as Torch-Pruning leaves."""
    plan = planner.plan(ratio)
    pruned, removed = planner.carry_out(plan), planner.removed
    assert plan.removed == {layer: gone for (layer, axis), gone in removed.items() if axis is Axis.OUT}
    assert plan.params == total_params(pruned)
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    assert plan.bytes == state_bytes(pruned)
    assert_layers_are(plan, planner.net, pruned)
    assert_same_tensors(planner.sketch(plan), pruned)


def assert_layers_are(plan: Plan, net: Network, module: nn.Module) -> None:
    """Layer by layer the figures that are counted on the tensors of `module`."""
    planned = {
        row.name: (row.width, row.params, row.nonzero, row.macs, row.effective_macs) for row in plan.layers
    }
    counted = {
        row.name: (row.width, row.params, row.nonzero, row.macs, row.effective_macs)
        for row in layer_outcomes(net, module)
    }
    assert planned == counted


def assert_same_tensors(one: nn.Module, other: nn.Module) -> None:
    """Parameters and buffers by name, shape and value."""
    ours, theirs = one.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    assert [name for name, tensor in theirs.items() if not torch.equal(ours[name], tensor)] == []
