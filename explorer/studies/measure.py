"""Count and measure any network, dense or pruned: the one way in which results come about."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

import torch
from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.counting import state_bytes
from explorer.anatomy.inputs import apart, handed
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.measuring.evaluation import watched
from explorer.measuring.judging import judge_of
from explorer.measuring.memory import peak_forward_bytes
from explorer.measuring.saving import compressed, saved
from explorer.measuring.timing import Turns
from explorer.process.steps import heard
from explorer.values import ACCURACY, Evaluation, Outcome, Progress, Timing, TrainingPoint
from explorer.words import formats

DENSE = "the dense network"
SECONDS = 3.0  # for the forward passes of all networks together, after at least six rounds


def measure(
    net: Network,
    module: nn.Module,
    time: Timing | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Outcome:
    """Everything that is counted and measured on `module`.

    Args:
        net: whose example input and data `module` takes.
        module: the network itself, or a pruned copy without masks attached; left as it is.
        time: of one forward pass, where it was taken in turns with others.
        tell: hears how many bytes of the file were compressed, and of how many.
    """
    file, judge = saved(module), judge_of(net)
    return Outcome(
        layers=layer_outcomes(net, module),
        pruned=judge.evaluate(module) if judge else None,
        recalibrated=None if module is net.module else _recalibrated(net, module),
        fine_tuned=None,
        time=time or in_turns(net, [module])[0],
        peak_bytes=peak_forward_bytes(module, net.example_input),
        bytes=state_bytes(module),
        file_bytes=len(file),
        compressed_bytes=compressed(file, lambda done: tell(done, len(file))),
    )


def measuring(
    net: Network,
    module: nn.Module,
    time: Timing | None,
    at: float,
    until: float,
    what: str,
    curve: tuple[TrainingPoint, ...] = (),
) -> Generator[Progress, None, Outcome]:
    """The same as part of a run, which tells what takes minutes: judging a large data set, packing a large network.

    Args:
        at: how far the run is before it.
        until: how far it is after it.
        what: is measured, e.g. "the dense network".
        curve: of what was trained before, which stays in sight.
    """

    def work(tell: Callable[[Progress], None]) -> Outcome:
        def judged(done: int, of: int) -> None:
            judge = judge_of(net)
            examples = judge.by.examples if judge else ACCURACY.examples
            tell(Progress(at, f"Measuring how well {what} does: {done:,} of {of:,} {examples}", curve))

        def packed(done: int, of: int) -> None:
            text = f"Compressing {what}: {formats.file_size(done)} of {formats.file_size(of)}"
            tell(Progress(at + (until - at) * done / of, text, curve))

        with watched(judged):
            return measure(net, module, time, packed)

    yield Progress(at, f"Counting, saving and measuring {what}", curve)
    return (yield from heard(work))


@torch.no_grad()
def in_turns(net: Network, modules: Sequence[nn.Module], seconds: float = SECONDS) -> list[Timing]:
    """Time one forward pass of each, in turns: what slows the machine down then hits all alike."""
    given = apart(net.example_input)  # copied once: that is no part of what is timed
    runs = {str(number): partial(handed, module, given) for number, module in enumerate(modules)}
    return list(Turns(runs, seconds).times().values())


def _recalibrated(net: Network, module: nn.Module) -> Evaluation | None:
    """What it is worth after BatchNorm re-calibration, on a copy; None where there is nothing to re-calibrate with."""
    judge, again = judge_of(net), copied(module)
    return judge.evaluate(again) if judge and judge.recalibrate(again) else None
