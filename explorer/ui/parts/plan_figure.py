"""One figure of a plan or of a report, as words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from explorer.words import formats
from explorer.words.glossary import explain


@dataclass(frozen=True)
class PlanFigure:
    """What it is called, its value, and what is known about it."""

    label: str
    value: str
    beside: str  # what stands below it, e.g. "sparse: 40 kB"
    help: str

    def draw(self) -> None:
        """As one of Streamlit's, without an arrow: what stands below it need not be a change."""
        st.metric(self.label, self.value, self.beside, delta_color="off", delta_arrow="off", help=self.help)


def share_left(label: str, term: str, after: int, before: int, text: Callable[[int], str]) -> PlanFigure:
    """A figure after pruning, with the share that is left of the one before."""
    return PlanFigure(label, text(after), f"{formats.share(after, before)} of {text(before)}", explain(term))


def share_of_dense(label: str, size: int, dense: int, help: str) -> PlanFigure:
    """So many bytes, and how much that is of the dense network's."""
    return PlanFigure(label, formats.file_size(size), f"{formats.share(size, dense)} of dense", help)
