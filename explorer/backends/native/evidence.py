"""What only ``torch.nn.utils.prune`` shows of a result: masks attached, masks permanent, and a second round."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from explorer.anatomy.counting import total_nonzero
from explorer.anatomy.inputs import answer, call
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import attach, containers, make_permanent, masks_of
from explorer.measuring.saving import saved
from explorer.measuring.timing import Turns
from explorer.values import MaskEvidence, MaskPlan, SecondRound
from explorer.values.errors import PruningError

SECONDS = 2.0  # for the forward passes of both


@torch.no_grad()
def evidence(planner: NativePlanner, plan: MaskPlan, permanent: nn.Module) -> MaskEvidence:
    """Mask another copy, and hold it against the one whose masks are permanent."""
    masked, example = planner.attach(plan), planner.net.example_input
    runs = {"masked": partial(call, masked, example), "permanent": partial(call, permanent, example)}
    times = Turns(runs, SECONDS).times()
    pairs = zip(answer(masked, example), answer(permanent, example), strict=True)
    return MaskEvidence(
        tensors_masked=_tensors(masked, planner),
        tensors_permanent=_tensors(permanent, planner),
        file_masked=len(saved(masked)),
        latency_masked=times["masked"],
        latency_permanent=times["permanent"],
        permanent_difference=max(float((one - other).abs().max()) for one, other in pairs),
        again=_again(masked, planner, plan),  # last: it changes that copy
    )


def _again(twice: nn.Module, planner: NativePlanner, plan: MaskPlan) -> SecondRound:
    """The same order once more on a masked copy, which is of no use then: a refusal leaves its hooks in disorder."""
    first = masks_of(twice, planner.slots)
    try:
        attach(twice, planner.order(plan.amount), planner.options)
    except PruningError as error:
        return SecondRound(plan.nonzero, 0, (), str(error))
    second = masks_of(twice, planner.slots)
    back = tuple(name for name in first if bool((second[name] & ~first[name]).any()))
    found = containers(twice)
    return SecondRound(total_nonzero(make_permanent(twice)), found, back)


def _tensors(module: nn.Module, planner: NativePlanner) -> tuple[str, ...]:
    """What saving stores of the first masked layer."""
    layer = f"{planner.slots[0].layer}."
    return tuple(name for name in module.state_dict() if name.startswith(layer))
