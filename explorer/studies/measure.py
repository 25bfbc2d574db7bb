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
from explorer.values import Evaluation, Outcome, Progress, Timing, TrainingPoint

SECONDS = 3.0  # for the forward passes of all networks together, after at least six rounds


def measure(net: Network, module: nn.Module, time: Timing | None = None) -> Outcome:
    """Everything that is counted and measured on `module`.

    Args:
        net: whose example input and data `module` takes.
        module: the network itself, or a pruned copy without masks attached; left as it is.
        time: of one forward pass, where it was taken in turns with others.
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
        compressed_bytes=compressed(file),
    )


def measuring(
    net: Network,
    module: nn.Module,
    time: Timing | None,
    at: float,
    what: str,
    curve: tuple[TrainingPoint, ...] = (),
) -> Generator[Progress, None, Outcome]:
    """The same as part of a run, which tells how many test images have been judged: a large set takes minutes.

    Args:
        at: how far the run is meanwhile.
        what: is measured, e.g. "the dense network".
        curve: of what was trained before, which stays in sight.
    """

    def work(tell: Callable[[Progress], None]) -> Outcome:
        text = f"Measuring how well {what} does: {{:,}} of {{:,}} test images"
        with watched(lambda done, of: tell(Progress(at, text.format(done, of), curve))):
            return measure(net, module, time)

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
