"""Which run to use for which goal: a comparison's measurements in, answers out.

Runs whose numbers cannot be told apart are best together, and a run that cannot be told from the dense network
is no answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from explorer.values import Outcome, Weights
from explorer.values.answers import DENSE, Answer, Goal, WhyNot
from explorer.values.comparing import Comparison
from explorer.values.verdict import Evidence, Found, Interval, Unit
from explorer.why import reasons
from explorer.why.judging import Decision, above, counted, less_accurate, of, right, times
from explorer.why.reasons import Run
from explorer.why.speed import NO_GAIN
from explorer.words import formats

ALIKE = 1.01  # counted costs this close are as good as the same
# Times that were taken once or twice, without an interval, tell runs apart from twice as long on, and from this many
# seconds more.
ONCE, MOMENT = 2.0, 0.05

# By the yardstick's term
_GOALS = {"accuracy": Goal.ACCURACY, "agreement": Goal.AGREEMENT, "metric": Goal.METRIC}

Number = Callable[[Outcome], Interval]


@dataclass(frozen=True)
class _Cost:
    """Something of which less is better, and which the dense network has as well."""

    goal: Goal
    of: Number
    unit: Unit
    found: Found
    gain: float  # dense over pruned: what is below counts as none
    best: str  # what the best of several runs has
    alone: str  # what the only run has
    none: str  # the sentence where no run gains
    why_not: reasons.Reason


def _counted(number: Callable[[Outcome], int]) -> Number:
    return lambda outcome: Interval.exactly(number(outcome))


_COSTS = (
    _Cost(
        Goal.SPEED,
        lambda outcome: Interval.of(outcome.time),
        Unit.SECONDS,
        Found.MEASURED,
        NO_GAIN,
        "Fastest",
        "Faster",
        "No run is at least 10 % faster than dense",
        reasons.slow,
    ),
    _Cost(
        Goal.FILE,
        _counted(lambda outcome: outcome.file_bytes),
        Unit.BYTES,
        Found.EXACT,
        ALIKE,
        "Smallest file",
        "Smaller file",
        "Every run's file is as large as the dense one",
        reasons.large,
    ),
    _Cost(
        Goal.COMPRESSED,
        _counted(lambda outcome: outcome.compressed_bytes),
        Unit.BYTES,
        Found.EXACT,
        ALIKE,
        "Smallest compressed file",
        "Smaller compressed file",
        "Compressed, every run's file is as large as the dense one",
        reasons.incompressible,
    ),
    _Cost(
        Goal.MEMORY,
        _counted(lambda outcome: outcome.peak_bytes),
        Unit.BYTES,
        Found.EXACT,
        ALIKE,
        "Least memory",
        "Less memory",
        "Every run needs as much memory as dense",
        reasons.memory_hungry,
    ),
    _Cost(
        Goal.SKIPPING,
        _counted(lambda outcome: outcome.effective_macs),
        Unit.COUNT,
        Found.EXACT,
        ALIKE,
        "Fewest effective MACs",
        "Fewer effective MACs",
        "Every run has as many effective MACs as dense",
        reasons.much_to_do,
    ),
)


def answers(comparison: Comparison) -> tuple[Answer, ...]:
    """One for every goal that the measurements speak of; none where no run has a result."""
    runs = tuple(
        Run(letter, run.removes, run.outcome, comparison.request.spec.weights is not Weights.RANDOM)
        for letter, run in zip(comparison.request.letters, comparison.runs, strict=False)
        if run.outcome
    )
    if not runs:
        return ()
    found = {answer.goal: answer for answer in _all(comparison.dense, runs)}
    return tuple(found[goal] for goal in Goal if goal in found)


def _all(dense: Outcome, runs: Sequence[Run]) -> Iterator[Answer]:
    """A run that is hardly ever right serves no goal, however small it is; unless all are like that."""
    able = [run for run in runs if not reasons.ruined(run, dense)]
    if not able:
        runs = able = [replace(run, must_work=False) for run in runs]
    for cost in _COSTS:
        yield _cheapest(cost, dense, runs, able)
    if dense.final:
        yield _most_accurate(dense, runs)
    yield _pruned_first(dense, runs, able)


def _cheapest(cost: _Cost, dense: Outcome, runs: Sequence[Run], able: Sequence[Run]) -> Answer:
    numbers = {run.letter: cost.of(run.outcome) for run in runs}
    first = min(able, key=lambda run: numbers[run.letter].value)
    whole, least = cost.of(dense), numbers[first.letter]
    gain = _gain(whole, least)
    decision = above(gain, cost.gain)
    best = [
        run
        for run in able
        if numbers[run.letter].low <= max(least.high, ALIKE * least.value)
        and above(_gain(whole, numbers[run.letter]), cost.gain).holds
    ]
    closest = f"the best, {first.letter}," if len(runs) > 1 else first.letter
    least_gain = f"{100 * (cost.gain - 1):.0f} %"
    claims = {
        True: f"{cost.best if len(runs) > 1 else cost.alone}: {_gained(cost, gain)}.{_tied(best)}",
        False: f"{cost.none}; {closest} is {_gained(cost, gain)}.",
        None: f"Cannot tell whether {first.letter} is at least {least_gain} better than dense: it is "
        f"{_gained(cost, gain)}.",
    }
    evidence = [
        Evidence(what, number, cost.unit, cost.found) for what, number in {DENSE: whole, **numbers}.items()
    ]
    beaten_by = first if best else None
    others = _others(
        runs, best, dense, lambda run: reasons.unpruned(run, dense) or cost.why_not(run, beaten_by, dense)
    )
    return _answer(cost.goal, best, claims[decision.holds], evidence, others, decision)


def _gain(dense: Interval, pruned: Interval) -> Interval:
    """How many times less of a cost; without end where nothing is left, as where every weight is zero."""
    return dense.over(pruned) if pruned.value else Interval.exactly(math.inf)


def _gained(cost: _Cost, gain: Interval) -> str:
    if cost.found is Found.MEASURED:
        return f"{times(gain)} as fast as dense"
    return f"{100 / gain.value:.0f} % of dense"


def _most_accurate(dense: Outcome, runs: Sequence[Run]) -> Answer:
    judged = {run: run.outcome.final for run in runs if run.outcome.final}
    first = max(judged, key=lambda run: judged[run].quality)
    best = [run for run in judged if judged[run].interval.overlaps(judged[first].interval)]
    assert dense.final
    by = dense.final.by
    apart = formats.amount(dense.final.value - judged[first].value, by)
    under, over = ("below", "above") if by.higher_is_better else ("above", "below")
    below = less_accurate(judged[first], dense.final)
    beside = {
        True: f"{apart} {under} dense",
        False: f"{over} dense",
        None: "indistinguishable from dense",
    }[below.holds]
    alike = _tied(best, "cannot be told apart")
    claim = f"{right(judged[first])} {by.of_all}, {beside}.{alike}"
    evidence = [
        of(what, found)
        for what, found in {DENSE: dense.final, **{run.letter: judged[run] for run in judged}}.items()
    ]
    others = [WhyNot(run.letter, reasons.inaccurate(run, first, dense)) for run in judged if run not in best]
    return _answer(_GOALS[by.term], best, claim, evidence, others, counted(True))


def _pruned_first(dense: Outcome, runs: Sequence[Run], able: Sequence[Run]) -> Answer:
    first = min(able, key=lambda run: run.seconds)
    best = [run for run in able if run.seconds < max(ONCE * first.seconds, first.seconds + MOMENT)]
    apart = " Single timings cannot separate these runs." if len(best) > 1 else ""
    claim = f"The library takes {reasons.duration(first.seconds)}.{apart}"
    evidence = [Evidence(run.letter, Interval.exactly(run.seconds), Unit.SECONDS) for run in runs]
    others = _others(runs, best, dense, lambda run: reasons.long_to_prune(run, first))
    return _answer(Goal.PRUNING, best, claim, evidence, others, counted(True))


def _others(
    runs: Sequence[Run], best: Sequence[Run], dense: Outcome, why: Callable[[Run], str]
) -> Sequence[WhyNot]:
    return [WhyNot(run.letter, reasons.ruined(run, dense) or why(run)) for run in runs if run not in best]


def _answer(
    goal: Goal,
    best: Sequence[Run],
    claim: str,
    evidence: Sequence[Evidence],
    others: Sequence[WhyNot],
    decision: Decision,
) -> Answer:
    letters = tuple(run.letter for run in best)
    return Answer(goal, letters, claim, tuple(evidence), tuple(others), decision.confidence)


def _tied(runs: Sequence[Run], alike: str = "tie") -> str:
    if len(runs) < 2:
        return ""
    *others, last = (run.letter for run in runs)
    return f" {', '.join(others)} and {last} {alike}."
