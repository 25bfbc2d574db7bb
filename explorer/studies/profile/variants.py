"""One network in the forms whose speed is compared, each made by its library."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import torch
from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.counting import total_macs, total_params
from explorer.anatomy.inputs import apart, handed
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.anatomy.surgery import zero_channels
from explorer.backends import NATIVE
from explorer.backends.base import Listener, ignore
from explorer.backends.bench import Bench
from explorer.backends.native.planner import NativePlanner
from explorer.measuring.onnx_runtime import engine
from explorer.measuring.timing import Turns, watched
from explorer.process.limits import is_out_of_memory
from explorer.studies.profile import removal
from explorer.values import ChannelOptions, ChannelScope, NetworkTime, ProfileRequest, Progress, Variant
from explorer.values.errors import PruningError

WIDTH = 8  # processors like multiples of it
ALL_EVEN = (
    "Rounding to multiples of 8 changes no width at this ratio, so odd widths cost no time here: there is nothing to "
    "time beside."
)
NO_ROOM = "A form of this network takes more memory than a run may use, so it is missing here."
EXPORTING = 0.5  # of exporting and timing together, by the feel of it
EXPORTED = (Variant.DENSE, Variant.ZEROS, Variant.REMOVED, Variant.ALIGNED, Variant.MATCHED)


@dataclass(frozen=True)
class Made:
    """A form of the network."""

    module: nn.Module
    ratio: float = 0.0


def make_all(
    bench: Bench, request: ProfileRequest, tell: Listener = ignore
) -> tuple[dict[Variant, Made], tuple[str, ...]]:
    """Every form that the libraries agree to make, and a sentence for each that they refuse.

    Raises:
        PruningError: if DepGraph refuses to prune the network as asked.
    """
    made, notes = {Variant.DENSE: Made(bench.net.module)}, []
    for make in (_masked, _removed, _aligned, _floor):  # what takes most memory goes first
        tell(Progress(len(made) / len(Variant), f"Pruning copies: made {len(made)} of {len(Variant)} forms"))
        try:
            made |= dict(make(bench, request))
        except PruningError as error:
            if make is _removed:
                raise
            notes.append(NO_ROOM if is_out_of_memory(error) else str(error))
        gc.collect()  # Torch-Pruning's graphs hold their networks in circles
    return made, tuple(notes)


def time_all(net: Network, made: dict[Variant, Made], seconds: float) -> tuple[NetworkTime, ...]:
    """Time one input through each of them, in turns."""
    given = apart(net.example_input)
    with torch.no_grad():
        turns = Turns({str(v): partial(handed, one.module, given) for v, one in made.items()}, seconds)
    return tuple(_times(net, made, turns))


def time_exported(
    net: Network, made: dict[Variant, Made], seconds: float, tell: Listener = ignore
) -> tuple[NetworkTime, ...]:
    """The same in ONNX Runtime, as far as that makes a difference.

    Raises:
        NetworkError: if ONNX Runtime cannot run one of them.
    """
    chosen = {variant: made[variant] for variant in EXPORTED if variant in made}
    runs = {}
    for done, (variant, one) in enumerate(chosen.items()):
        tell(Progress(EXPORTING * done / len(chosen), f"Exporting to ONNX Runtime: {variant}"))
        runs[str(variant)] = engine(one.module, net.example_input)
    text = f"Timing {len(chosen)} forms in ONNX Runtime, alternating"
    with watched(lambda share: tell(Progress(EXPORTING + (1 - EXPORTING) * share, text))):
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


def _masked(bench: Bench, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    planner = cast(NativePlanner, bench.planner(NATIVE, request.native))
    plan = planner.plan_of(request.amount)
    zeros = planner.apply(plan)  # first: beside a copy with masks it might not fit into memory
    yield Variant.MASKED, Made(planner.attach(plan), request.amount)
    yield Variant.ZEROS, Made(zeros, request.amount)


def _removed(bench: Bench, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    planner = removal.planner_of(bench, request.options)
    removed = planner.apply(planner.plan(request.ratio))
    # In several steps, others may go than planned.
    yield (
        Variant.SILENCED,
        Made(zero_channels(copied(bench.net.module), planner.removed), request.ratio),
    )
    yield Variant.REMOVED, Made(removed, request.ratio)


def _aligned(bench: Bench, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    """As many MACs twice: in widths that are multiples of 8, and in any, where these are others."""
    aligned = replace(request.options, round_to=WIDTH)
    free = replace(request.options, round_to=None)
    rounded = removal.plan_of(bench, aligned, request.ratio)
    matching = removal.as_costly_as(bench, request.options, rounded.macs)
    if rounded.widths == removal.plan_of(bench, free, matching).widths:
        raise PruningError(ALL_EVEN)
    yield Variant.ALIGNED, _pruned(bench, aligned, request.ratio)
    yield Variant.MATCHED, _pruned(bench, free, matching)


def _floor(bench: Bench, request: ProfileRequest) -> Iterator[tuple[Variant, Made]]:
    """As little left as can be: uniformly, since a global ranking leaves strong groups whole."""
    uniform = replace(request.options, scope=ChannelScope.LOCAL, round_to=None)
    yield Variant.FLOOR, _pruned(bench, uniform, removal.smallest(bench, uniform))


def _pruned(bench: Bench, options: ChannelOptions, ratio: float) -> Made:
    return Made(removal.prune(bench, options, ratio), ratio)
