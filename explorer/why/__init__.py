"""Why a network is fast or slow, right or wrong after pruning: measurements in, verdicts out.

Each rule is a pure function of frozen measurements. It names its cause, rules it out, or abstains:
where intervals overlap, nobody can tell.
"""

from __future__ import annotations

from explorer.values import Profile, Subject, Variant, Verdict
from explorer.why.accuracy import accuracy_verdicts
from explorer.why.criterion import criterion_verdict
from explorer.why.speed import speed_verdicts

__all__ = ["verdicts"]

_ORDER = {True: 0, None: 1, False: 2}


def verdicts(profile: Profile) -> tuple[Verdict, ...]:
    """All that can be said: what is at work first, then what cannot be told, then what is ruled out.

    Within each, the subject that pruning changed most stands first.
    """
    found = [*speed_verdicts(profile), *accuracy_verdicts(profile.accuracy, profile.request)]
    criterion = criterion_verdict(profile.libraries, profile.gradients, profile.request.options.criterion)
    found += [criterion] if criterion else []
    changed = _changed(profile)
    return tuple(sorted(found, key=lambda one: (_ORDER[one.holds], -changed.get(one.subject, 0.0))))


def _changed(profile: Profile) -> dict[Subject, float]:
    """By what share pruning changed each subject."""
    removed, facts = profile.time_of(Variant.REMOVED), profile.accuracy
    changed = {Subject.SPEED: abs(1 - 1 / removed.speedup.value)} if removed else {}
    if facts and facts.pruned.best and facts.dense.value:
        changed[Subject(facts.dense.by.term)] = abs(1 - facts.pruned.best.value / facts.dense.value)
    return changed
