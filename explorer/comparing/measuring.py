"""Have every library carry out its run, and measure all results and the dense network side by side."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from explorer.comparing.contestants import CONTESTANTS, Contestant, Made
from explorer.comparing.layers import layer_outcomes
from explorer.errors import ExplorerError
from explorer.evaluation import evaluate, recalibrate
from explorer.memory import peak_forward_bytes
from explorer.network import Network
from explorer.saving import compressed, saved
from explorer.schema import (
    Evaluation,
    Progress,
    Timing,
)
from explorer.schema.comparing import (
    CompareRequest,
    Comparison,
    Contender,
    CurvePoint,
    Finished,
    Outcome,
    StepTimes,
)
from explorer.soundness import check_runs
from explorer.timing import in_turns

CURVE = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # ratios of a curve
PRUNING, TIMING = 0.6, 0.8  # of the whole run, by the feel of it: when pruning ends, and when timing begins
SECONDS = 6.0  # for all forward passes together, after at least five rounds


@dataclass
class _Pruned:
    """One contender on its way."""

    contender: Contender
    module: nn.Module
    steps: StepTimes
    differences: tuple[str, ...]
    curve: tuple[CurvePoint, ...]


def compare(net: Network, request: CompareRequest) -> Generator[Progress, None, Comparison]:
    """Prune by every contender, one after the other; then time all networks in turns in this process.

    A contender that cannot be carried out says why in its place, and the others go on.

    Yields:
        What is being done, before each step.
    """
    runs: list[_Pruned | Finished] = []
    share = PRUNING / max(len(request.contenders), 1)
    for number, contender in enumerate(request.contenders):
        yield Progress(number * share, f"Run {number + 1} of {len(request.contenders)}: {contender.library}")
        try:
            runs.append((yield from _pruned(net, contender, number * share, share)))
        except ExplorerError as error:
            runs.append(Finished(contender, None, problem=str(error)))
    done = [run for run in runs if isinstance(run, _Pruned)]
    modules = [net.module, *(run.module for run in done)]
    yield Progress(PRUNING, "Timing forward passes, all networks in turns")
    times = _times(net, modules)
    outcomes = []
    for number, module in enumerate(modules):
        at = TIMING + (1 - TIMING) * number / len(modules)
        yield Progress(at, f"Counting and saving network {number + 1} of {len(modules)}")
        outcomes.append(_outcome(net, module, times[number]))
    judged = iter(zip(done, outcomes[1:], strict=True))
    return Comparison(
        request=request,
        dense=outcomes[0],
        runs=tuple(run if isinstance(run, Finished) else _finished(*next(judged)) for run in runs),
        threads=torch.get_num_threads(),
    )


def _pruned(
    net: Network, contender: Contender, at: float, share: float
) -> Generator[Progress, None, _Pruned]:
    made = CONTESTANTS[contender.library](net, contender.options)
    yield Progress(at + share / 3, f"{contender.library}: the library prunes a copy")
    start = time.perf_counter()
    module = made.contestant.carry_out(contender.ratio)
    seconds = time.perf_counter() - start
    check_runs(net, module)
    yield Progress(at + share / 2, f"{contender.library}: a curve over ratios")
    return _Pruned(
        contender,
        module.eval(),
        StepTimes(made.graph, made.score, seconds, made.note),
        tuple(_differences(made, contender.ratio, module)),
        tuple(_curve(net, made.contestant)),
    )


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
def _times(net: Network, modules: list[nn.Module]) -> list[Timing]:
    runs = {str(number): partial(module, net.example_input) for number, module in enumerate(modules)}
    return list(in_turns(runs, seconds=SECONDS).values())


def _outcome(net: Network, module: nn.Module, timing: Timing) -> Outcome:
    pruned, recalibrated = _accuracies(net, module)
    file = saved(module)
    return Outcome(
        layers=layer_outcomes(net, module),
        pruned=pruned,
        recalibrated=recalibrated if module is not net.module else None,
        fine_tuned=None,
        time=timing,
        peak_bytes=peak_forward_bytes(module, net.example_input),
        file_bytes=len(file),
        compressed_bytes=compressed(file),
    )


def _accuracies(net: Network, module: nn.Module) -> tuple[Evaluation | None, Evaluation | None]:
    """Right after, and after BatchNorm re-calibration of a copy."""
    data = net.judged_on
    if data is None:
        return None, None
    copied = copy.deepcopy(module)
    return evaluate(module, data), evaluate(copied, data) if recalibrate(copied, data) else None


def _finished(run: _Pruned, outcome: Outcome) -> Finished:
    whole = replace(outcome, steps=run.steps, differences=run.differences)
    return Finished(run.contender, whole, run.curve)
