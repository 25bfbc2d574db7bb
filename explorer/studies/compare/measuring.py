"""Have every library carry out its run, and measure all results and the dense network side by side."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from explorer.anatomy.inputs import call
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.anatomy.soundness import check_runs
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.measuring.memory import peak_forward_bytes
from explorer.measuring.recovering import recovered
from explorer.measuring.saving import compressed, saved
from explorer.measuring.timing import Turns
from explorer.process.steps import retold
from explorer.studies.compare.contestants import CONTESTANTS, SHORT, Contestant, Made
from explorer.values import Evaluation, FineTune, Progress, Timing, TrainingPoint
from explorer.values.comparing import (
    CompareRequest,
    Comparison,
    Contender,
    CurvePoint,
    Finished,
    Outcome,
    StepTimes,
)
from explorer.values.errors import ExplorerError, TrainingError
from explorer.why.goals import answers

CURVE = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # ratios of a curve
PRUNED, TIMED, COUNTED = 0.4, 0.5, 0.7  # of the whole run, by the feel of it: when each part is done
SECONDS = 6.0  # for all forward passes together, after at least six rounds


@dataclass
class _Run:
    """One contender on its way; without a module where it could not be carried out."""

    contender: Contender
    module: nn.Module | None = None
    steps: StepTimes | None = None
    differences: tuple[str, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    outcome: Outcome | None = None
    problem: str = ""

    def finished(self) -> Finished:
        """As a plain value."""
        return Finished(self.contender, self.outcome, self.curve, self.problem)


def compare(net: Network, request: CompareRequest) -> Generator[Progress, None, Comparison]:
    """Prune by every contender, one after the other; then time all networks in turns in this process.

    A contender that cannot be carried out says why in its place, and the others go on.

    Yields:
        What is being done, before each step.
    """
    runs = [_Run(contender) for contender in request.contenders]
    for number, run in enumerate(runs):
        yield from _prune(net, run, PRUNED * number / len(runs), PRUNED / len(runs))
    done = [run for run in runs if run.module is not None]
    yield Progress(PRUNED, "Timing forward passes, all networks in turns")
    times = _times(net, [net.module, *(run.module for run in done if run.module)])
    yield Progress(TIMED, "Counting, saving and compressing")
    dense = _outcome(net, net.module, times[0])
    for number, run in enumerate(done, start=1):
        at = TIMED + (COUNTED - TIMED) * number / (len(done) + 1)
        yield Progress(at, f"Counting, saving and compressing: run {number} of {len(done)}")
        run.outcome = _pruned_outcome(net, run, times[number])
    if request.fine_tune and net.judged_on:
        yield from _fine_tune_all(net, done, request.fine_tune)
    found = Comparison(request, dense, tuple(run.finished() for run in runs), torch.get_num_threads())
    return replace(found, answers=answers(found))


def _prune(net: Network, run: _Run, at: float, share: float) -> Generator[Progress, None, None]:
    library, ratio = run.contender.library, run.contender.ratio
    yield Progress(at, f"{library}: scoring and ranking")
    try:
        made = CONTESTANTS[library](net, run.contender.options)
        yield Progress(at + share / 3, f"{library}: the library prunes a copy")
        module, seconds = _carried_out(made.contestant, ratio)
        check_runs(net, module)
        yield Progress(at + share * 2 / 3, f"{library}: a curve over ratios")
        run.curve = tuple(_curve(net, made.contestant))
    except ExplorerError as error:
        run.problem = str(error)
        return
    run.module = module
    run.steps = StepTimes(made.graph, made.score, seconds, made.note)
    run.differences = tuple(_differences(made, ratio, module))


def _carried_out(contestant: Contestant, ratio: float) -> tuple[nn.Module, float]:
    """The pruned network, and the seconds that the library took: the quicker of two, where a run takes under 10 s."""
    best = float("inf")
    for _ in range(2):
        start = time.perf_counter()
        module = contestant.carry_out(ratio)
        seconds = time.perf_counter() - start
        best = min(best, seconds)
        if seconds > SHORT:
            break
    return module.eval(), best


def _differences(made: Made, ratio: float, module: nn.Module) -> Iterator[str]:
    """Every tensor that the library left otherwise than the plan says."""
    if made.contestant.is_estimate(ratio):
        return
    planned, done = made.contestant.sketch(ratio).state_dict(), module.state_dict()
    for name in sorted(planned.keys() | done.keys()):
        ours, theirs = planned.get(name), done.get(name)
        if ours is None or theirs is None or ours.shape != theirs.shape:
            shapes = [None if tensor is None else tuple(tensor.shape) for tensor in (ours, theirs)]
            yield f"'{name}': planned with shape {shapes[0]}, the library left {shapes[1]}."
        elif apart := int((ours != theirs).sum()):
            yield f"'{name}': {apart} of {ours.numel()} values differ from the plan."


def _curve(net: Network, contestant: Contestant) -> Iterator[CurvePoint]:
    data = net.judged_on
    for ratio in CURVE:
        found = evaluate(contestant.sketch(ratio), data).accuracy if data else None
        yield CurvePoint(ratio, contestant.costs(ratio), found, contestant.is_estimate(ratio))


@torch.no_grad()
def _times(net: Network, modules: Sequence[nn.Module]) -> list[Timing]:
    runs = {str(number): partial(call, module, net.example_input) for number, module in enumerate(modules)}
    return list(Turns(runs, SECONDS).times().values())


def _outcome(net: Network, module: nn.Module, timing: Timing) -> Outcome:
    file = saved(module)
    return Outcome(
        layers=layer_outcomes(net, module),
        pruned=evaluate(module, net.judged_on) if net.judged_on else None,
        recalibrated=None,
        fine_tuned=None,
        time=timing,
        peak_bytes=peak_forward_bytes(module, net.example_input),
        file_bytes=len(file),
        compressed_bytes=compressed(file),
    )


def _pruned_outcome(net: Network, run: _Run, timing: Timing) -> Outcome:
    assert run.module is not None
    return replace(
        _outcome(net, run.module, timing),
        recalibrated=_recalibrated(net, run.module),
        steps=run.steps,
        differences=run.differences,
    )


def _recalibrated(net: Network, module: nn.Module) -> Evaluation | None:
    copied = copy.deepcopy(module)
    return evaluate(copied, net.judged_on) if net.judged_on and recalibrate(copied, net.judged_on) else None


def _fine_tune_all(net: Network, runs: Sequence[_Run], settings: FineTune) -> Generator[Progress, None, None]:
    for number, run in enumerate(runs):
        assert run.module is not None
        assert run.outcome is not None
        assert net.judged_on is not None
        try:
            run.outcome = replace(
                run.outcome, fine_tuned=(yield from _fine_tuned(net, run.module, settings, number, len(runs)))
            )
        except TrainingError as error:
            run.problem = str(error)


def _fine_tuned(
    net: Network, module: nn.Module, settings: FineTune, number: int, count: int
) -> Generator[Progress, None, Evaluation]:
    """Progress instead of the training's own points."""
    assert net.judged_on is not None

    def tell(point: TrainingPoint) -> Progress:
        done = (number + point.epoch / settings.epochs) / count
        epoch = min(int(point.epoch) + 1, settings.epochs)
        text = f"Fine-tuning run {number + 1} of {count}, epoch {epoch} of {settings.epochs}"
        return Progress(COUNTED + (1 - COUNTED) * done, text)

    return (yield from retold(recovered(module, net.judged_on, settings), tell))
