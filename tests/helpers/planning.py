"""What tests of plans share: networks traced once, and the comparison with what the library did."""

from __future__ import annotations

from functools import cache

import torch

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.anatomy.network import Network
from explorer.anatomy.propagation import LayerCost, layer_costs
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import Gradients, Trace, trace
from explorer.process.steps import finished
from explorer.studies.applying.depgraph import apply_and_check
from explorer.values import ApplyReport, Axis, PruningOptions

BUNDLED = ("digits-cnn", "digits-resnet", "digits-densenet", "digits-mobilenet", "digits-vit")


@cache
def traced(name: str) -> tuple[Network, Trace]:
    net = explorer.load(name)
    return net, trace(net.module, net.example_input)


@cache
def costs_of(name: str) -> dict[str, LayerCost]:
    return layer_costs(traced(name)[0])


@cache
def any_gradients(name: str) -> Gradients:
    """Stand in for gradients where no labelled data belongs to a network: to rank, any numbers will do."""
    generator = torch.Generator().manual_seed(0)
    named = traced(name)[0].module.named_parameters()
    return {path: torch.rand(parameter.shape, generator=generator) for path, parameter in named}


def planner_of(name: str, options: PruningOptions) -> DepGraphPlanner:
    net, found = traced(name)
    gradients = any_gradients(name) if options.criterion.needs_gradients and net.judged_on is None else None
    return DepGraphPlanner(net, options, found, costs_of(name), gradients)


def report(planner: DepGraphPlanner, ratio: float) -> ApplyReport:
    return finished(apply_and_check(planner, ratio))


def assert_plan_is_library(planner: DepGraphPlanner, ratio: float) -> None:
    """Same channels, parameters, MACs, bytes and tensors as Torch-Pruning leaves."""
    plan = planner.plan(ratio)
    pruned, removed = planner.carry_out(plan)
    outputs = {layer: gone for (layer, axis), gone in removed.items() if axis is Axis.OUT and gone}
    assert plan.removed == outputs
    assert plan.params == total_params(pruned)
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    assert plan.bytes == state_bytes(pruned)
    sliced = planner.sliced(ratio).state_dict()
    assert all(torch.equal(sliced[name], tensor) for name, tensor in pruned.state_dict().items())
