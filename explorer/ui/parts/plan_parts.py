"""What every page with a plan shows of it: how well it does right after, and what to know about the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from explorer.ui.parts.widgets import measured_badge, not_measured
from explorer.values import Evaluation
from explorer.words import formats
from explorer.words.glossary import explain

_NOT_LIVE = "Only a run tells: **Apply** measures it, since it takes longer than a slider waits or the library decides."
_WARNINGS = 4  # shown at once; the rest is folded away


def show_accuracy(dense: Evaluation | None, pruned: Evaluation | None, of: str = "") -> None:
    """How well it does right after pruning, beside the whole network, where both were measured; `of` what."""
    if dense is None or pruned is None:
        not_measured(_NOT_LIVE) if dense else not_measured()
        return
    by, moved = pruned.by, pruned.value - dense.value
    measured_badge(f"{of}{by.on(pruned.examples)}")
    better: Literal["normal", "inverse"] = "normal" if by.higher_is_better else "inverse"
    st.metric(
        by.title,
        formats.judged(pruned.value, by),
        formats.change(moved, by) if moved else "as before pruning",
        delta_color=better if moved else "off",
        delta_arrow="auto" if moved else "off",
        delta_description=f"from {formats.judged(dense.value, by)}" if moved else None,
        help=f"{explain(by.term)} Not re-trained and not re-calibrated. {formats.plain(by.note)}".strip(),
    )
    if by.note:
        st.caption(_beside(pruned))


def _beside(found: Evaluation) -> str:
    """The interval, and the second number where there is one."""
    bounds = formats.interval(found)
    second = f"{found.by.beside} {found.loss:.3g}" if found.by.beside else ""
    return " · ".join(filter(None, (f"95 % interval {bounds}" if bounds else "", second)))


def show_warnings(warnings: Sequence[str]) -> None:
    """The first sentences, and the rest folded away."""
    if not warnings:
        return
    st.warning(_listed(warnings[:_WARNINGS]))
    if rest := warnings[_WARNINGS:]:
        with st.expander(f"{len(rest)} more notes on this plan"):
            st.markdown(_listed(rest))


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {formats.plain(sentence)}" for sentence in sentences)
