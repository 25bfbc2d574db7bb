"""What every page with a plan shows of it: accuracy right after, and what to know about the plan."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.parts.widgets import measured_badge, not_measured
from explorer.values import Evaluation
from explorer.words import formats
from explorer.words.glossary import explain

_WARNINGS = 4  # shown at once; the rest is folded away


def show_accuracy(dense: Evaluation | None, pruned: Evaluation | None, of: str = "") -> None:
    """Accuracy right after pruning beside that of the whole network, where both were measured; `of` what."""
    if dense is None or pruned is None:
        not_measured()
        return
    measured_badge(f"{of}{pruned.examples} images")
    points = 100 * (pruned.accuracy - dense.accuracy)
    st.metric(
        "Accuracy",
        formats.accuracy(pruned.accuracy),
        f"{points:+.1f} points" if points else "as before pruning",
        delta_color="normal" if points else "off",
        delta_arrow="auto" if points else "off",
        delta_description=f"from {formats.accuracy(dense.accuracy)}" if points else None,
        help=f"{explain('accuracy')} Not re-trained and not re-calibrated.",
    )


def show_warnings(warnings: Sequence[str]) -> None:
    """The first sentences, and the rest folded away."""
    if not warnings:
        return
    st.warning(_listed(warnings[:_WARNINGS]))
    if rest := warnings[_WARNINGS:]:
        with st.expander(f"{len(rest)} more note{'' if len(rest) == 1 else 's'} on this plan"):
            st.markdown(_listed(rest))


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {formats.plain(sentence)}" for sentence in sentences)
