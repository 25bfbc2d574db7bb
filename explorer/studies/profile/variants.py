"""One network in the forms whose speed is compared, each made by its library."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from explorer.anatomy.counting import total_macs, total_params
from explorer.anatomy.inputs import call
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.anatomy.surgery import zero_channels
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import make_permanent
from explorer.measuring.onnx_runtime import engine
from explorer.measuring.timing import Turns
from explorer.studies.profile.planners import Planners
from explorer.values import NetworkTime, ProfileRequest, PruningOptions, Scope, Variant
from explorer.values.errors import PruningError

WIDTH = 8  # processors like multiples of it
EXPORTED = (Variant.DENSE, Variant.ZEROS, Variant.REMOVED, Variant.ALIGNED, Variant.MATCHED)


@dataclass(frozen=True)
class Made:
    """A form of the network."""

    module: nn.Module
    ratio: float = 0.0


def make_all(planners: Planners, request: ProfileRequest) -> tuple[dict[Variant, Made], tuple[str, ...]]:
    """Every form that the libraries agree to make, and a sentence for each that they refuse.

    Raises:
        PruningError: if DepGraph refuses to prune the network as asked.
    """
    made, notes = {Variant.DENSE: Made(planners.net.module), **dict(_removed(planners, request))}, []
    for make in (_masked, _aligned, _floor):
        try:
            made |= dict(make(planners, request))
        except PruningError as error:
            notes.append(str(error))
    return made, tuple(notes)


def time_all(net: Network, made: dict[Variant, Made], seconds: float) -> tuple[NetworkTime, ...]:
    """Time one input through each of them, in turns."""
    with torch.no_grad():
        turns = Turns(
            {str(v): partial(call, one.module, net.example_input) for v, one in made.items()}, seconds
        )
    return tuple(_times(net, made, turns))


def time_exported(net: Network, made: dict[Variant, Made], seconds: float) -> tuple[NetworkTime, ...]:
    """The same in ONNX Runtime, as far as that makes a difference.

    Raises:
        NetworkError: if ONNX Runtime cannot run one of them.
    """
    chosen = {variant: made[variant] for variant in EXPORTED if variant in made}
    runs = {str(variant): engine(one.module, net.example_input) for variant, one in chosen.items()}
    return tuple(_times(net, chosen, Turns(runs, seconds)))


def odd_widths(net: Network, module: nn.Module) -> int:
    """How many layers of one form compute with a width that is no multiple of 8, counted on its tensors."""
    return sum(row.width % WIDTH > 0 for row in layer_outcomes(net, module) if row.macs)


def _times(net: Network, made: dict[Variant, Made], turns: Turns) -> Iterator[NetworkTime]:
    for variant, one in made.items():
        yield NetworkTime(
            variant=variant,
            ratio=one.ratio,
            params=total_params(one.module),
            macs=total_macs(one.module, net.example_input),
            odd=odd_widths(net, one.module),
            time=turns.time(str(variant)),
            speedup=turns.quotient(str(Variant.DENSE), str(variant)),
        )


def _masked(planners: Planners, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    planner = NativePlanner(planners.net, request.native)
    plan = planner.plan(request.amount)
    yield Variant.MASKED, Made(planner.apply(plan), request.amount)
    yield Variant.ZEROS, Made(make_permanent(planner.apply(plan)), request.amount)


def _removed(planners: Planners, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    planner = planners.under(request.options)
    # In several steps, others may go than planned.
    removed, gone = planner.carry_out(planner.plan(request.ratio))
    yield Variant.SILENCED, Made(zero_channels(copy.deepcopy(planners.net.module), gone), request.ratio)
    yield Variant.REMOVED, Made(removed, request.ratio)


def _aligned(planners: Planners, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    """As many MACs twice: in widths that are multiples of 8, and in any."""
    aligned = replace(request.options, round_to=WIDTH)
    yield Variant.ALIGNED, _pruned(planners, aligned, request.ratio)
    free = replace(request.options, round_to=None)
    matching = planners.as_costly_as(request.options, planners.plan(aligned, request.ratio).macs)
    yield Variant.MATCHED, _pruned(planners, free, matching)


def _floor(planners: Planners, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    """As little left as can be: uniformly, since a global ranking leaves strong groups whole."""
    uniform = replace(request.options, scope=Scope.LOCAL, round_to=None)
    yield Variant.FLOOR, _pruned(planners, uniform, planners.smallest(uniform))


def _pruned(planners: Planners, options: PruningOptions, ratio: float) -> Made:
    return Made(planners.prune(options, ratio), ratio)
