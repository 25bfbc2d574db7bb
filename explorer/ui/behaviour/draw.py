"""Draw a digit, and see what the dense and the pruned network answer while the slider moves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from explorer.engine import calls
from explorer.ui.behaviour.pad import digit_pad, drawn_ink, pick_example
from explorer.ui.behaviour.told import state_told
from explorer.ui.parts.charts import AFTER, BEFORE, LEGEND
from explorer.ui.parts.live_charts import Figure, draw, without_data
from explorer.ui.parts.live_slider import Again
from explorer.ui.parts.pixels import photo
from explorer.ui.parts.trailing import Followed
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.pruning.judged import followed_run
from explorer.ui.pruning.run import PruningRun
from explorer.values.behaviour import DrawnAnswer
from explorer.words import formats
from explorer.words.glossary import explain

_SEEN = "What the networks see: your ink, scaled and placed as in their training data. {}"
_PLACED = {  # by the pixels of a side
    28: "As in MNIST, its longer side takes 20 of 28 pixels, and its centre of mass lies in the middle.",
    8: "As in the 8×8 digits, it fills all rows, and each pixel counts 0 to 16 dots of ink.",
}
_SIDE = 84  # pixels of that picture
_PAD = 284  # pixels of the pad with its border


def draw_digit(run: PruningRun, recalibrated: bool) -> Again:
    """The pad, and the answers beside it; when the slider asks again for what it did not wait for."""
    with st.container(horizontal=True, gap="medium"):
        pad, answers = st.container(width=_PAD), st.container(width="stretch")
    ink, answered = drawn_ink(), Followed[DrawnAnswer](None)
    with answers:
        if ink:
            answered = followed_run("drawn", run, calls.drawn, recalibrated, ink)
        if found := answered.found:
            _show(found, answered.at)
        else:
            st.info("Draw a digit on the pad, or start from a test image. Then move the slider.")
    with pad:
        digit_pad()
        pick_example(run.spec)
    return answered.again


def _show(found: DrawnAnswer, at: str) -> None:
    measured_badge(state_told(found.seen), at)
    seen, dense, pruned = st.columns([0.8, 1, 1], vertical_alignment="center")
    with seen:
        st.html(photo(found.picture, _SIDE, "The drawing as the networks see it"))
    with dense:
        _answer("Dense says", found.dense)
    with pruned:
        _answer("Pruned says", found.pruned)
    draw(_bars(found), "digit_bars", "Softmax probability of each digit, dense and pruned")
    st.caption(_SEEN.format(_PLACED[found.picture.width]))


def _answer(label: str, chances: Sequence[float]) -> None:
    top = max(range(len(chances)), key=chances.__getitem__)
    told = f"{formats.accuracy(chances[top])} sure"
    st.metric(label, top, told, delta_color="off", delta_arrow="off", help=explain("confidence"))


def _bars(found: DrawnAnswer) -> Figure:
    rows = [
        {"digit": str(digit), "network": name, "probability": chance}
        for name, chances in (("dense", found.dense), ("pruned", found.pruned))
        for digit, chance in enumerate(chances)
    ]
    return Figure(pd.DataFrame(rows), _spec())


@cache
def _spec() -> dict[str, Any]:
    kinds = ["dense", "pruned"]
    bars = (
        alt.Chart()
        .mark_bar()
        .encode(
            x=alt.X("digit:N", title="digit", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("network:N", sort=kinds),
            y=alt.Y(
                "probability:Q",
                title="softmax probability",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color(
                "network:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=[BEFORE, AFTER]),
                legend=LEGEND,
            ),
            tooltip=["digit:N", "network:N", alt.Tooltip("probability:Q", format=".1%")],
        )
    )
    return without_data(alt.LayerChart(layer=[bars], height=240))
