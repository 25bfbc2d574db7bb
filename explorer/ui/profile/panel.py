"""What is to be profiled, the button that starts it, and the run's report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer.backends import DEPGRAPH, NATIVE, fields_of
from explorer.backends.options import words
from explorer.engine import calls
from explorer.ui.parts.fields import Around, pick_some
from explorer.ui.parts.fraction_slider import fraction_slider
from explorer.ui.parts.profiled import LARGEST, LONG, PROFILED, SMALLEST
from explorer.ui.profile.report import show_profile
from explorer.ui.shell import jobs, runs, state
from explorer.values import NetworkSpec, NetworkSummary, Profile, ProfileRequest
from explorer.words.glossary import explain

_NAME = "profile_run"
_CHANNELS, _WEIGHTS = PROFILED[DEPGRAPH], PROFILED[NATIVE]


@dataclass(frozen=True)
class ProfileRun:
    """What a profile was started with."""

    spec: NetworkSpec
    request: ProfileRequest

    @property
    def options_text(self) -> str:
        """All options in words, with both amounts."""
        asked = self.request
        channels = ", ".join(words(asked.options, fields_of(DEPGRAPH)))
        weights = ", ".join(words(asked.native, fields_of(NATIVE)))
        return (
            f"DepGraph {channels} at ratio {asked.ratio:.2f}, native {weights} at amount {asked.amount:.2f}"
        )

    def __str__(self) -> str:
        return f"{self.spec.name} with {self.spec.weights} weights, {self.options_text}"


def pick_request(summary: NetworkSummary) -> ProfileRequest:
    """Draw the sliders and options that the network has, and return what is picked."""
    left, right = st.columns(2, gap="medium", border=True)
    with left:
        start, told = _set_elsewhere("ratio"), explain("pruning ratio")
        ratio = fraction_slider("DepGraph: pruning ratio", _CHANNELS.amount, start, SMALLEST, LARGEST, told)
        with st.container(horizontal=True, gap="medium"):
            options = pick_some(DEPGRAPH, _CHANNELS.options, lambda option: Around(), summary)
    with right:
        start, told = _set_elsewhere("native_amount"), explain("amount")
        amount = fraction_slider("PyTorch native: amount", _WEIGHTS.amount, start, SMALLEST, LARGEST, told)
        native = pick_some(NATIVE, _WEIGHTS.options, lambda option: Around(), summary)
    for one in PROFILED.values():
        state.show_notices(one.amount, *(option.key for option in one.options))
    return ProfileRequest(options, ratio, native, amount)


def profile_panel(wanted: ProfileRun) -> None:
    """Offer to profile as `wanted`; show the run of this session, whatever it was started with."""
    begin = partial(jobs.start, _NAME, wanted, calls.profile.start, wanted.spec, wanted.request)
    jobs.start_button("Profile", "profile_start", begin, primary=True, help=explain("profile"))
    nothing = f"No profile yet. It prunes copies, and takes {LONG}."
    runs.note(_NAME, wanted, nothing, "Profile again")
    runs.show_run(_NAME, Profile, show_profile, "Profile")


def _set_elsewhere(name: str) -> float:
    """The same slider's value on the library's own page, where it was moved."""
    return min(max(float(st.session_state.get(name, 0.5)), SMALLEST), LARGEST)
