"""Have every library carry out its run, and measure all results and the dense network side by side."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from explorer.anatomy.network import Network
from explorer.backends import backend_of
from explorer.backends.base import Planner
from explorer.backends.bench import Bench
from explorer.measuring.judging import Judge, judge_of, patient
from explorer.measuring.training import can_train
from explorer.studies.apply import carried_out, differences, plan_at
from explorer.studies.measure import DENSE, in_turns, measuring
from explorer.studies.recover import fine_tuned
from explorer.studies.steps import step
from explorer.values import FineTune, Plan, Progress, StepTimes, Timing
from explorer.values.comparing import CompareRequest, Comparison, Contender, CurvePoint, Finished
from explorer.values.errors import ExplorerError, PruningError, TrainingError
from explorer.values.outcome import Outcome
from explorer.why.goals import answers

SHORT = 10.0  # seconds: work below that is timed twice, since the first of a process warms it up

CURVE = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # ratios of a curve
PRUNED, TIMED, COUNTED = 0.4, 0.5, 0.7  # of the whole run, by the feel of it: when each part is done
SECONDS = 6.0  # for all forward passes together, after at least six rounds


@dataclass
class _Run:
    """One contender on its way; without a module where it could not be carried out."""

    contender: Contender
    module: nn.Module | None = None
    planner: Planner[Any] | None = None
    plan: Plan | None = None
    steps: StepTimes | None = None
    curve: tuple[CurvePoint, ...] = ()
    outcome: Outcome | None = None
    problem: str = ""

    def finished(self) -> Finished:
        """As a plain value."""
        removes = backend_of(self.contender.library).removes
        return Finished(self.contender, removes, self.outcome, self.curve, self.problem)


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
    modules = [net.module, *(run.module for run in done if run.module)]
    text = "Timing forward passes, all networks alternately"
    times = yield from step(PRUNED, TIMED, text, lambda _: in_turns(net, modules, SECONDS))
    share = (COUNTED - TIMED) / len(modules)
    dense = yield from measuring(net, net.module, times[0], TIMED, TIMED + share, DENSE)
    for number, run in enumerate(done, start=1):
        at = TIMED + share * number
        what = f"run {number} of {len(done)}"
        run.outcome = yield from _measured(net, run, times[number], at, at + share, what)
    if request.fine_tune and can_train(net):
        yield from _fine_tune_all(net, done, request.fine_tune)
    found = Comparison(request, dense, tuple(run.finished() for run in runs), torch.get_num_threads())
    return replace(found, answers=answers(found))


def _prune(net: Network, run: _Run, at: float, share: float) -> Generator[Progress, None, None]:
    library, ratio = run.contender.library, run.contender.ratio
    name = backend_of(library).name
    yield Progress(at, f"{name}: scoring and ranking")
    try:
        planner, spent = _ranked(net, run.contender)
        plan = plan_at(planner, ratio)
        third = share / 3
        yield Progress(at + third, f"{name}: the library prunes a copy")
        run.module, seconds = yield from _carried_out(planner, plan, at + third, third)
        yield Progress(at + 2 * third, f"{name}: a curve over ratios")
        run.curve = tuple(_curve(net, planner))
    except ExplorerError as error:
        run.problem, run.module = str(error), None
        return
    run.planner, run.plan = planner, plan
    run.steps = StepTimes(spent.get("graph"), spent.get("score"), seconds, backend_of(library).note)


def _ranked(net: Network, contender: Contender) -> tuple[Planner[Any], dict[str, float]]:
    """A planner of its own, and the seconds of each phase: the quicker of two, where all take under 10 s.

    The first of a network also finds out what the network keeps for all others, such as which couplings hold: it is
    timed again however long it took.
    """
    known = set(net.found)
    planner, spent = _ranked_once(net, contender)
    if spent and (sum(spent.values()) < SHORT or set(net.found) > known):
        planner, again = _ranked_once(net, contender)
        spent = {phase: min(seconds, again[phase]) for phase, seconds in spent.items()}
    return planner, spent


def _ranked_once(net: Network, contender: Contender) -> tuple[Planner[Any], dict[str, float]]:
    planner = Bench(net).planner(contender.library, contender.options)
    phases = backend_of(contender.library).phases
    marks = [*(time.perf_counter() for _ in planner.rank()), time.perf_counter()]
    taken = [end - start for start, end in pairwise(marks)]
    last = len(phases) - 1
    return planner, {phase: sum(taken[n:]) if n == last else taken[n] for n, phase in enumerate(phases)}


def _carried_out(
    planner: Planner[Any], plan: Plan, at: float, share: float
) -> Generator[Progress, None, tuple[nn.Module, float]]:
    """The pruned network, and the seconds that the library took: the quicker of two, where a run takes under 10 s."""
    module, seconds = yield from carried_out(planner, plan, at, share / 2)
    if seconds < SHORT:
        module, again = yield from carried_out(planner, plan, at + share / 2, share / 2)
        seconds = min(seconds, again)
    return module, seconds


def _curve(net: Network, planner: Planner[Any]) -> Iterator[CurvePoint]:
    """Plans at all ratios that the options can have, and what a sketch of each is worth."""
    judge = judge_of(net)
    judge = patient(judge) if judge and judge.brief else None
    for ratio in CURVE:
        try:
            plan = planner.plan(ratio)
        except PruningError:
            continue  # options that fix the sparsity have one ratio only
        yield CurvePoint(ratio, plan.costs, _sketched(planner, plan, judge), bool(plan.estimate))


def _sketched(planner: Planner[Any], plan: Plan, judge: Judge | None) -> float | None:
    """What the plan leaves is worth; None where that means nothing, takes long, or only the library can tell."""
    if judge is None:
        return None
    try:
        return judge.evaluate(planner.sketch(plan)).value
    except PruningError:
        return None


def _measured(
    net: Network, run: _Run, time: Timing, at: float, until: float, what: str
) -> Generator[Progress, None, Outcome]:
    assert run.module is not None
    assert run.plan is not None
    assert run.planner is not None
    found = yield from measuring(net, run.module, time, at, until, what)
    apart = () if run.plan.estimate else tuple(differences(run.planner, run.plan, run.module, found))
    return replace(found, steps=run.steps, differences=apart)


def _fine_tune_all(net: Network, runs: Sequence[_Run], settings: FineTune) -> Generator[Progress, None, None]:
    for number, run in enumerate(runs):
        assert run.module is not None
        assert run.outcome is not None
        name = f"Fine-tuning run {number + 1} of {len(runs)}, "
        share = (1 - COUNTED) / len(runs)
        try:
            trained, _ = yield from fine_tuned(
                run.module, net, settings, COUNTED + number * share, share, name
            )
            judge = judge_of(net)
            assert judge is not None
            run.outcome = replace(run.outcome, fine_tuned=judge.evaluate(trained))
        except TrainingError as error:
            run.problem = str(error)
