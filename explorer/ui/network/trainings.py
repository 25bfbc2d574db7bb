"""What the way in which a network was trained means for pruning it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.parts.widgets import measured_badge
from explorer.values import Evaluation, TrainedNetwork
from explorer.words import formats
from explorer.words.glossary import explain

_HOW = {False: "as most people train", True: "to be pruned"}
_FAILS = {
    False: (
        "Trained as most people train, this network uses all its channels, so it fails right after pruning. "
        "Re-calibration shows what it can still do, and fine-tuning recovers more."
    ),
    True: "Though trained to be pruned, this network fails right after losing so many channels.",
}
_HOLDS = {
    False: "Trained as most people train, this network still works without these channels.",
    True: (
        "Trained to be pruned, by a **group lasso**, it emptied channels during training, so removing those costs "
        "no accuracy on these images: the saving was decided in training."
    ),
}


def show_trainings(trained: Sequence[TrainedNetwork]) -> None:
    """Each training of this network's shape, before and after the same pruning."""
    if not trained:
        return
    first = trained[0]
    told = f"{explain('group lasso')} {explain('BN re-calibration')}"
    st.header("What its training means for pruning", help=told)
    measured_badge(f"DepGraph, L2, global, ratio {first.ratio:g}; {first.found.dense.examples:,} test images")
    rows = "\n".join(_row(one) for one in trained)
    st.markdown(f"| network | trained | dense | right after | re-calibrated |\n|---|---|--:|--:|--:|\n{rows}")
    st.caption(" ".join(_means(one) for one in trained))


def _means(one: TrainedNetwork) -> str:
    """The numbers in a sentence, which claims no loss that the intervals do not show."""
    dense, pruned = one.found.dense, one.found.right_after
    fails = pruned is not None and pruned.interval.high < dense.interval.low
    return (_FAILS if fails else _HOLDS)[one.to_be_pruned]


def _row(one: TrainedNetwork) -> str:
    shown = (formats.accuracy(step.accuracy) if step else "no BatchNorm" for step in _steps(one))
    return f"| {formats.plain(one.name)} | {_HOW[one.to_be_pruned]} | {' | '.join(shown)} |"


def _steps(one: TrainedNetwork) -> tuple[Evaluation | None, ...]:
    return one.found.dense, one.found.right_after, one.found.recalibrated
