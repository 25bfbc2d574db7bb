"""Why the pruned network does worse, where it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from explorer.values import (
    ACCURACY,
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
    Yardstick,
)
from explorer.why.judging import (
    CANNOT_TELL,
    Decision,
    counted,
    less_accurate,
    of,
    right,
    share,
    verdict,
)
from explorer.words import formats

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
    if facts.spared:
        yield needed(facts.dense, facts.pruned, facts.spared)
    others = tuple(facts.scopes.values())
    if request.options.scope is ChannelScope.GLOBAL:
        yield emptied(facts.pruned, others)
    elif others:
        yield scoped(facts.dense, facts.pruned, others)


def importance(dense: Evaluation, pruned: Judged, lighter: Judged) -> Verdict:
    """What went was needed: with less of it gone, accuracy stays higher.

    Re-calibrated accuracies are compared where there are any, so that shifted statistics are not taken for it.
    """
    by = dense.by
    mass, less = pruned.mass or 0.0, lighter.mass or 0.0
    went = f"{'about ' if pruned.estimated else ''}{share(mass, 1)}"
    hardly = mass < HARDLY_ANY and not pruned.estimated
    decision = _less(pruned, lighter)
    if pruned.best:
        decision = less_accurate(pruned.best, dense) & decision
    if hardly:
        decision = counted(False)
    claims = {
        True: f"{by.title} {by.fell} because important channels were removed: {went} of all importance.",
        False: (
            f"Hardly any importance was removed ({went}): if {by.name} {by.fell}, the criterion misjudges these "
            "channels."
        )
        if hardly
        else f"Removing that much importance did not cost {by.name}.",
        None: f"Cannot tell whether the removed importance cost {by.name}.",
    }
    evidence = [
        Evidence("importance removed", Interval.exactly(mass), Unit.SHARE, _planned(pruned)),
        Evidence(
            "importance removed at half the ratio", Interval.exactly(less), Unit.SHARE, _planned(lighter)
        ),
        of(f"{by.name}, dense", dense),
        *_found("pruned", pruned.best),
    ]
    ran = f"Half the ratio: {_outcome(lighter)}"
    return verdict(Cause.IMPORTANCE, Subject(by.term), decision, claims, evidence, ran)


def collapse(pruned: Judged, kept: Judged | None) -> Verdict:
    """A layer with next to nothing left is a bottleneck; kept whole, it is none."""
    collapsed, by = pruned.collapsed, _by(pruned)
    decision = counted(False) if kept is None else _less(pruned, kept)
    names = ", ".join(f"'{name}'" for name in collapsed[:3]) + (" and more" if len(collapsed) > 3 else "")
    claims = {
        True: f"{by.title} {by.fell} because {names} collapsed: almost no channel is left there.",
        False: f"{names} collapsed, but that is not why {by.name} {by.fell}."
        if collapsed
        else "No layer collapsed: each keeps more than a tenth of its channels.",
        None: f"{names} collapsed; the measurements cannot tell whether that cost {by.name}.",
    }
    evidence = [
        Evidence(
            "layers that keep a tenth or less", Interval.exactly(len(collapsed)), Unit.COUNT, Found.EXACT
        ),
        *_narrowest(pruned),
        *_found("pruned", pruned.best),
    ]
    ran = f"Kept whole at the same ratio: {_outcome(kept)}" if kept else ""
    return verdict(Cause.COLLAPSE, Subject(by.term), decision, claims, evidence, ran)


def statistics(raw: Evaluation, recalibrated: Evaluation) -> Verdict:
    """BatchNorm still subtracts the averages of the dense network."""
    won = recalibrated.by.lost(recalibrated.value, raw.value)
    by, moved = raw.by, formats.amount(won, raw.by)
    changed = formats.change(recalibrated.value - raw.value, by)
    claims = {
        True: f"BatchNorm's statistics shifted: re-calibration alone recovers {moved}.",
        False: f"Shifted BatchNorm statistics are not the reason: re-calibration costs {moved}.",
        None: f"Cannot tell whether BatchNorm's statistics matter: re-calibration changes {changed}.",
    }
    evidence = [
        *_found("right after pruning", raw),
        *_found("BatchNorm re-calibrated", recalibrated),
    ]
    ran = f"The same network with BatchNorm re-calibrated: {right(recalibrated)} {by.right}."
    return verdict(
        Cause.STATISTICS, Subject(by.term), less_accurate(raw, recalibrated), claims, evidence, ran
    )


def needed(dense: Evaluation, pruned: Judged, spared: Mapping[str, Judged]) -> Verdict:
    """One group kept whole at a time: where most of the loss comes back, that group's channels were needed."""
    by, tried = dense.by, {layer: one for layer, one in spared.items() if one.best}
    layer = max(tried, key=lambda name: _quality(tried[name]), default="")
    best = tried.get(layer)
    claims = {
        True: f"{by.title} {by.fell} because the group of '{layer}' lost channels{_sharing(pruned, best)}. With that "
        "group whole, most of the loss is gone.",
        False: "No single group explains it: whichever stays whole, most of the loss remains.",
        None: "Cannot tell whether one group explains it: no kept group clearly undoes half of the loss.",
    }
    evidence = [
        of(f"{by.name}, dense", dense),
        *_found("pruned", pruned.best),
        *(part for one in tried.values() for part in _found(one.how, one.best)),
    ]
    ran = f"The group of '{layer}' kept whole at the same ratio: {_outcome(best)}" if best else ""
    decision = _undoes(dense, pruned, best)
    return verdict(Cause.GROUP, Subject(by.term), decision, claims, evidence, ran)


def _sharing(pruned: Judged, kept: Judged | None) -> str:
    """Which layers compute the channels that a kept group gave back."""
    before = {name: after for name, _, after in pruned.widths}
    back = [name for name, width, after in kept.widths if after == width > before[name]] if kept else []
    return f", which {len(back)} layers share" if len(back) > 1 else ""


def scoped(dense: Evaluation, pruned: Judged, others: tuple[Judged, ...]) -> Verdict:
    """The same ratio ranked otherwise takes other channels."""
    by, (done, best, ran) = dense.by, _tried(others)
    claims = {
        True: f"The scope took channels that {by.name} needs: at the same ratio, {best.how if best else ''} loses less "
        "than half as much.",
        False: "The scope is not the reason: at the same ratio, most of the loss remains in every other.",
        None: f"Cannot tell whether the scope cost {by.name}.",
    }
    evidence = [
        *_found("pruned", pruned.best),
        *(part for other in done for part in _found(other.how, other.best)),
    ]
    decision = _undoes(dense, pruned, best)
    return verdict(Cause.SCOPE, Subject(by.term), decision, claims, evidence, ran)


def emptied(pruned: Judged, others: tuple[Judged, ...]) -> Verdict:
    """Ranked all together, channels with small scores by nature go first, and with them whole layers."""
    left, by = _share(pruned), _by(pruned)
    done, best, ran = _tried(others)
    decision = counted(False)
    if left is not None and left <= EMPTY:
        keeps = best is not None and (_share(best) or 0.0) > EMPTY
        decision = _less(pruned, best) if best and keeps else CANNOT_TELL
    layer = f"'{pruned.narrowest[0]}'" if pruned.narrowest else "a layer"
    claims = {
        True: f"Global ranking emptied {layer}; another scope keeps it, and {by.name} with it.",
        False: "Global ranking emptied no layer."
        if left is None or left > EMPTY
        else f"Global ranking emptied {layer}, but other scopes are no {by.more}.",
        None: f"Global ranking emptied {layer}; the measurements cannot tell whether another scope is {by.more}.",
    }
    evidence = [
        *_narrowest(pruned),
        *_found("global", pruned.best),
        *(part for other in done for part in _found(other.how, other.best)),
    ]
    return verdict(Cause.EMPTIED, Subject(by.term), decision, claims, evidence, ran)


def _less(one: Judged, other: Judged) -> Decision:
    return less_accurate(one.best, other.best) if one.best and other.best else CANNOT_TELL


def _undoes(dense: Evaluation, pruned: Judged, other: Judged | None) -> Decision:
    """Whether another way of pruning undoes more than half of what this one lost."""
    if not (pruned.best and other and other.best):
        return CANNOT_TELL
    half, found = (dense.value + pruned.best.value) / 2, other.best.interval
    if found.low <= half <= found.high:
        return CANNOT_TELL
    undone = (found.low > half) is dense.by.higher_is_better
    return counted(False) if not undone else _less(pruned, other)


def _tried(others: tuple[Judged, ...]) -> tuple[list[Judged], Judged | None, str]:
    """Those that could be done, the best of them, and what each came to in sentences."""
    done = [other for other in others if other.best]
    ran = " ".join(f"{other.how.capitalize()}: {_outcome(other)}" for other in others)
    return done, max(done, key=_quality, default=None), ran


def _quality(judged: Judged) -> float:
    return judged.best.quality if judged.best else float("-inf")


def _by(judged: Judged) -> Yardstick:
    return judged.best.by if judged.best else ACCURACY


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


def _found(when: str, found: Evaluation | None) -> tuple[Evidence, ...]:
    return (of(f"{found.by.name}, {when}", found),) if found else ()


def _outcome(judged: Judged) -> str:
    """What a counterfactual came to, or why it could not be run."""
    if judged.best is None:
        return judged.refused
    kept = judged.narrowest
    narrow = f", narrowest layer '{kept[0]}' with {kept[2]} of {kept[1]} channels" if kept else ""
    return f"{right(judged.best)} {judged.best.by.right}{narrow}."
