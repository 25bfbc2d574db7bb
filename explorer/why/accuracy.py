"""Why the pruned network is less accurate, where it is."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.values import (
    AccuracyFacts,
    Cause,
    ChannelScope,
    Evaluation,
    Evidence,
    Found,
    Interval,
    Judged,
    ProfileRequest,
    Subject,
    Unit,
    Verdict,
)
from explorer.why.judging import (
    CANNOT_TELL,
    Decision,
    counted,
    less_accurate,
    right,
    share,
    verdict,
)

HARDLY_ANY = 0.01  # of all importance
EMPTY = 0.1  # a layer that keeps no more than this share of its channels is as good as empty


def accuracy_verdicts(facts: AccuracyFacts | None, request: ProfileRequest) -> Iterator[Verdict]:
    """Every verdict on accuracy for which the measurements are there."""
    if facts is None or facts.pruned.raw is None:
        return
    yield importance(facts.dense, facts.pruned, facts.lighter)
    yield collapse(facts.pruned, facts.kept)
    if facts.pruned.recalibrated:
        yield statistics(facts.pruned.raw, facts.pruned.recalibrated)
    if request.options.scope is ChannelScope.GLOBAL:
        yield emptied(facts.pruned, tuple(facts.scopes.values()))


def importance(dense: Evaluation, pruned: Judged, lighter: Judged) -> Verdict:
    """What went was needed: with less of it gone, accuracy stays higher.

    Re-calibrated accuracies are compared where there are any, so that shifted statistics are not taken for it.
    """
    mass, less = pruned.mass or 0.0, lighter.mass or 0.0
    went = f"{'about ' if pruned.estimated else ''}{share(mass, 1)}"
    hardly = mass < HARDLY_ANY and not pruned.estimated
    decision = _less(pruned, lighter)
    if pruned.best:
        decision = less_accurate(pruned.best, dense) & decision
    if hardly:
        decision = counted(False)
    claims = {
        True: f"Accuracy fell because important channels were removed: {went} of all importance.",
        False: (
            f"Hardly any importance was removed ({went}): if accuracy fell, the criterion misjudges these "
            "channels."
        )
        if hardly
        else "Removing that much importance did not cost accuracy.",
        None: "Cannot tell whether the removed importance cost accuracy.",
    }
    evidence = [
        Evidence("importance removed", Interval.exactly(mass), Unit.SHARE, _planned(pruned)),
        Evidence(
            "importance removed at half the ratio", Interval.exactly(less), Unit.SHARE, _planned(lighter)
        ),
        Evidence("accuracy, dense", Interval.of_accuracy(dense), Unit.SHARE),
        *_accuracy("accuracy, pruned", pruned.best),
    ]
    ran = f"Half the ratio: {_outcome(lighter)}"
    return verdict(Cause.IMPORTANCE, Subject.ACCURACY, decision, claims, evidence, ran)


def collapse(pruned: Judged, kept: Judged | None) -> Verdict:
    """A layer with next to nothing left is a bottleneck; kept whole, it is none."""
    collapsed = pruned.collapsed
    decision = counted(False) if kept is None else _less(pruned, kept)
    names = ", ".join(f"'{name}'" for name in collapsed[:3]) + (" and more" if len(collapsed) > 3 else "")
    claims = {
        True: f"Accuracy fell because {names} collapsed: almost no channel is left there.",
        False: f"{names} collapsed, but that is not why accuracy fell."
        if collapsed
        else "No layer collapsed: each keeps more than a tenth of its channels.",
        None: f"{names} collapsed; the measurements cannot tell whether that cost accuracy.",
    }
    evidence = [
        Evidence(
            "layers that keep a tenth or less", Interval.exactly(len(collapsed)), Unit.COUNT, Found.EXACT
        ),
        *_narrowest(pruned),
        *_accuracy("accuracy, pruned", pruned.best),
    ]
    ran = f"Kept whole at the same ratio: {_outcome(kept)}" if kept else ""
    return verdict(Cause.COLLAPSE, Subject.ACCURACY, decision, claims, evidence, ran)


def statistics(raw: Evaluation, recalibrated: Evaluation) -> Verdict:
    """BatchNorm still subtracts the averages of the dense network."""
    won = 100 * (recalibrated.accuracy - raw.accuracy)
    claims = {
        True: f"BatchNorm's statistics shifted: re-calibration alone recovers {won:.1f} points.",
        False: f"Shifted BatchNorm statistics are not the reason: re-calibration costs {-won:.1f} points.",
        None: f"Cannot tell whether BatchNorm's statistics matter: re-calibration changes {won:+.1f} points.",
    }
    evidence = [
        *_accuracy("accuracy, right after pruning", raw),
        *_accuracy("accuracy, BatchNorm re-calibrated", recalibrated),
    ]
    ran = f"The same network with BatchNorm re-calibrated: {right(recalibrated)} correct."
    return verdict(
        Cause.STATISTICS, Subject.ACCURACY, less_accurate(raw, recalibrated), claims, evidence, ran
    )


def emptied(pruned: Judged, others: tuple[Judged, ...]) -> Verdict:
    """Ranked all together, channels with small scores by nature go first, and with them whole layers."""
    left = _share(pruned)
    done = [other for other in others if other.best]
    best = max(done, key=lambda other: other.best.accuracy if other.best else 0.0, default=None)
    decision = counted(False)
    if left is not None and left <= EMPTY:
        keeps = best is not None and (_share(best) or 0.0) > EMPTY
        decision = _less(pruned, best) if best and keeps else CANNOT_TELL
    layer = f"'{pruned.narrowest[0]}'" if pruned.narrowest else "a layer"
    claims = {
        True: f"Global ranking emptied {layer}; another scope keeps it, and accuracy with it.",
        False: "Global ranking emptied no layer."
        if left is None or left > EMPTY
        else f"Global ranking emptied {layer}, but other scopes are no more accurate.",
        None: f"Global ranking emptied {layer}; the measurements cannot tell whether another scope is more accurate.",
    }
    evidence = [
        *_narrowest(pruned),
        *_accuracy("accuracy, global", pruned.best),
        *(part for other in done for part in _accuracy(f"accuracy, {other.how}", other.best)),
    ]
    ran = " ".join(f"{other.how.capitalize()}: {_outcome(other)}" for other in others)
    return verdict(Cause.EMPTIED, Subject.ACCURACY, decision, claims, evidence, ran)


def _less(one: Judged, other: Judged) -> Decision:
    return less_accurate(one.best, other.best) if one.best and other.best else CANNOT_TELL


def _planned(judged: Judged) -> Found:
    """How the importance that went was found: a plan tells it, and iterative pruning need not follow its plan."""
    return Found.ESTIMATED if judged.estimated else Found.EXACT


def _share(judged: Judged) -> float | None:
    """What the narrowest layer keeps of its channels."""
    return judged.narrowest[2] / judged.narrowest[1] if judged.narrowest else None


def _narrowest(judged: Judged) -> tuple[Evidence, ...]:
    if judged.narrowest is None:
        return ()
    name, before, after = judged.narrowest
    return (Evidence(f"kept of '{name}'", Interval.exactly(after / before), Unit.SHARE, Found.EXACT),)


def _accuracy(what: str, found: Evaluation | None) -> tuple[Evidence, ...]:
    return (Evidence(what, Interval.of_accuracy(found), Unit.SHARE),) if found else ()


def _outcome(judged: Judged) -> str:
    """What a counterfactual came to, or why it could not be run."""
    if judged.best is None:
        return judged.refused
    kept = judged.narrowest
    narrow = f", narrowest layer '{kept[0]}' with {kept[2]} of {kept[1]} channels" if kept else ""
    return f"{right(judged.best)} correct{narrow}."
