"""Whether scoring is what pruning takes its time for."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.values import (
    Cause,
    ChannelCriterion,
    Evidence,
    GradientCost,
    Interval,
    LibraryCost,
    Subject,
    Unit,
    Verdict,
)
from explorer.why.judging import CANNOT_TELL, above, milliseconds, percent, verdict
from explorer.why.speed import HALF

THIRD = 1 / 3  # scoring reads every weight, so its share varies with what memory holds by half again


def criterion_verdict(
    libraries: Sequence[LibraryCost], gradients: Sequence[GradientCost], criterion: ChannelCriterion
) -> Verdict | None:
    """Scores that need gradients take passes over labelled images first; None where DepGraph was not timed."""
    cost = next((cost for cost in libraries if cost.step("score")), None)
    if cost is None:
        return None
    taken = next((one for one in gradients if one.criterion == criterion), None)
    if criterion.needs_gradients and taken is None:
        return None
    return _of_gradients(cost, taken) if taken else _of_scores(cost, gradients, criterion)


def _of_gradients(cost: LibraryCost, taken: GradientCost) -> Verdict:
    share = _share(Interval.of(taken.time), Interval.of(cost.whole))
    decision = above(share, HALF)
    claims = {
        True: f"The criterion takes most of pruning's time: {taken.label} needs gradients.",
        False: f"Even with {taken.label}'s gradients, most of pruning's time is spent elsewhere.",
        None: f"Cannot tell whether {taken.label}'s gradients take most of pruning's time.",
    }
    evidence = (
        Evidence("time for gradients, share of all", share, Unit.SHARE),
        Evidence(f"gradients of {taken.images:,} images", Interval.of(taken.time), Unit.SECONDS),
        Evidence("all other steps", Interval.of(cost.whole), Unit.SECONDS),
    )
    ran = f"Without gradients, only the other steps remain: {milliseconds(Interval.of(cost.whole))}."
    return verdict(Cause.CRITERION, Subject.LIBRARY, decision, claims, evidence, ran)


def _of_scores(cost: LibraryCost, gradients: Sequence[GradientCost], criterion: ChannelCriterion) -> Verdict:
    score = cost.step("score") or cost.whole
    share = Interval.of(score).over(Interval.of(cost.whole))
    decision = above(share, HALF)
    if decision.holds is False and share.high > THIRD:
        decision = CANNOT_TELL
    claims = {
        True: f"Scoring by {criterion.label} takes most of pruning's time.",
        False: f"Scoring by {criterion.label} does not take most of pruning's time.",
        None: f"Cannot tell whether scoring by {criterion.label} takes most of pruning's time.",
    }
    evidence = [
        Evidence("time for scoring, share of all", share, Unit.SHARE),
        Evidence("pruning in all", Interval.of(cost.whole), Unit.SECONDS),
    ]
    evidence += [
        Evidence(
            f"{one.label}: gradients of {one.images:,} images",
            Interval.of(one.time),
            Unit.SECONDS,
        )
        for one in gradients
    ]
    ran = " ".join(
        f"With {one.label}, gradients would take "
        f"{percent(_share(Interval.of(one.time), Interval.of(cost.whole)))} of all."
        for one in gradients
    )
    return verdict(Cause.CRITERION, Subject.LIBRARY, decision, claims, evidence, ran)


def _share(part: Interval, rest: Interval) -> Interval:
    """Of a part in the sum of both; the bounds hold whenever both intervals do."""
    return Interval(
        part.value / (part.value + rest.value),
        part.low / (part.low + rest.high),
        part.high / (part.high + rest.low),
    )
