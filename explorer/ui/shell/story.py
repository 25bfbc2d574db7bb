"""The guided walk over the live pages: where it is, what stands on top of each page, and how it is entered and left.

A link names the step (``?story=3``). Entering one sets what its page shows, unless the link says that itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from explorer.ui.shell import state
from explorer.values import NetworkSpec, Weights, places

LINK = "story"  # in the session and in links: the number of the step, from 1
_WITHOUT = ("overview", "")  # pages that show the way back instead of the strip, by their paths
_LEFT = "story_left"  # in the session: the step at which the walk was left
_SPEC = NetworkSpec("mnist-resnet", Weights.TRAINED)
_NETWORK = {"network": _SPEC.name, "weights": str(_SPEC.weights)}


@dataclass(frozen=True)
class Step:
    """One step: a sentence about what the page shows, and one thing to do there."""

    page: str  # its file's name
    title: str
    told: str
    action: str
    # Beside the network, by their names in the session
    settings: Mapping[str, Any] = field(default_factory=dict)


STEPS = (
    Step(
        "network",
        "What a network is",
        "A network is a stack of layers; its parameters are the numbers that training found.",
        "Look at the bars: which part holds most parameters, which does most of the work?",
    ),
    Step(
        "dependency_graph",
        "What is coupled",
        "A sum adds its branches channel by channel, so all layers that feed it must lose the same channels.",
        "Click another box: its group lights up, with the reason for each member.",
        {"graph_network": _SPEC.key, "group": 2},
    ),
    Step(
        "depgraph_pruning",
        "Shrink it",
        "With half the channels gone, a layer has a quarter of its weights: half as many in, half as many out.",
        "Drag the ratio and watch the accuracy, then press Apply at 0.5.",
        {"ratio": 0.5},
    ),
    Step(
        "depgraph_pruning",
        "Bring the accuracy back",
        "Fine-tuning continues to train the smaller network from its remaining weights.",
        "Press Fine-tune, below the result of Apply.",
        {"ratio": 0.5, "epochs": 3},
    ),
    Step(
        "compare",
        "Which library",
        "PyTorch and SparseML write zeros, which are multiplied like any number; DepGraph removes channels.",
        "Press Prune with the libraries and measure, and read which one serves which goal.",
    ),
    Step(
        "savings",
        "What it saves",
        "Every part of the sentence below was measured in one of your runs.",
        "Open the evidence; then type what an hour of the machine costs you, and how many requests it answers.",
    ),
)


def follow(page: str) -> None:
    """Draw the walk's strip on a page, if the session is on the walk; first thing on every page.

    Args:
        page: its path.
    """
    state.check_number(LINK, 1, len(STEPS), 1, whole=True)
    is_new = bool(asked := _asked()) and asked != st.session_state.get(LINK)
    if asked and is_new:
        _enter(asked)
    if (number := st.session_state.get(LINK)) and page not in _WITHOUT:
        if is_new or asked is None:  # the browser's link keeps the step before where both are on one page
            st.query_params[LINK] = str(number)
        _strip(number, page)
    elif asked:  # the strip tells it elsewhere
        state.show_notices(LINK)


def _asked() -> int | None:
    """The step that the link names; the first one where it names none that there is."""
    if (text := st.query_params.get(LINK)) is None:
        return None
    number = state.number(text)
    return int(number) if number and number in range(1, len(STEPS) + 1) else 1


def _enter(number: int) -> None:
    """Set what the step's page shows; where a session begins by its link, the rest of the link stands."""
    said = () if LINK in st.session_state else tuple(st.query_params)
    wanted = {**_NETWORK, **STEPS[number - 1].settings}
    st.session_state.update({name: value for name, value in wanted.items() if name not in said})
    st.session_state[LINK] = number


def _leave() -> None:
    st.session_state[_LEFT], st.session_state[LINK] = st.session_state[LINK], None
    st.query_params.pop(LINK, None)


def entry() -> None:
    """The way onto the walk, or back to the step at which it was left."""
    left = st.session_state.get(LINK) or st.session_state.get(_LEFT)
    label = f"Continue the walk at step {left}" if left else "Take the walk"
    _link(left or 1, label, ":material/directions_walk:")


def _strip(number: int, page: str) -> None:
    step = STEPS[number - 1]
    with st.container(border=True, key="story"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{number} of {len(STEPS)} · {step.title}**", width="stretch")
            if number > 1:
                _link(number - 1, "Back")
            if page != step.page:
                _link(number, "To this step")
            if number < len(STEPS):
                _link(number + 1, "Next")
            st.button(
                "Leave", on_click=_leave, key="story_leave", help="The overview leads back to this step."
            )
        st.markdown(f"{step.told} :material/touch_app: **{step.action}**")
    state.show_notices(LINK)


def _link(number: int, label: str, icon: str | None = None) -> None:
    page = places.page(STEPS[number - 1].page)
    st.page_link(page, label=label, icon=icon, query_params={LINK: str(number)}, width="content")
