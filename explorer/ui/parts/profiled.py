"""What a profile can set of a library: the slider's place, and the options with theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.backends import DEPGRAPH, NATIVE, fields_of
from explorer.backends.fields import Field, named
from explorer.values import ChannelCriterion

SMALLEST, LARGEST = 0.05, 0.95  # of its sliders
LONG = "about a minute for a bundled network, far longer for a large one"
_CRITERIA = (ChannelCriterion.L2, ChannelCriterion.L1, ChannelCriterion.TAYLOR, ChannelCriterion.HESSIAN)


@dataclass(frozen=True)
class Profiled:
    """One library on the Profile page."""

    amount: str  # in the session and in links
    options: tuple[Field, ...]


PROFILED = {
    DEPGRAPH: Profiled(
        "profile_ratio",
        (
            replace(named(fields_of(DEPGRAPH), "criterion").only(_CRITERIA), link="profile_criterion"),
            replace(named(fields_of(DEPGRAPH), "scope"), link="profile_scope"),
        ),
    ),
    NATIVE: Profiled("profile_amount", (replace(named(fields_of(NATIVE), "scope"), link="profile_weights"),)),
}
