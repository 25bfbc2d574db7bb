"""Why a network is fast or slow, right or wrong after pruning: measurements in, verdicts out.

Each rule is a pure function of frozen measurements. It names its cause, rules it out, or abstains:
where intervals overlap, nobody can tell.
"""

from __future__ import annotations

from explorer.values import Profile, Verdict
from explorer.why.accuracy import accuracy_verdicts
from explorer.why.criterion import criterion_verdict
from explorer.why.speed import speed_verdicts

__all__ = ["verdicts"]

_ORDER = {True: 0, None: 1, False: 2}


def verdicts(profile: Profile) -> tuple[Verdict, ...]:
    """All that can be said: what is at work first, then what cannot be told, then what is ruled out."""
    found = [*speed_verdicts(profile), *accuracy_verdicts(profile.accuracy, profile.request)]
    criterion = criterion_verdict(profile.libraries, profile.gradients, profile.request.options.criterion)
    found += [criterion] if criterion else []
    return tuple(sorted(found, key=lambda verdict: _ORDER[verdict.holds]))
