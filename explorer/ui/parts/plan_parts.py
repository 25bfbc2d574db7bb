"""What every page with a plan shows of it: how well it does, step by step, and what to know about the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from explorer.ui.parts.trailing import Judged
from explorer.ui.parts.widgets import measured_badge, not_measured
from explorer.values import Evaluation, LiveAccuracy, Yardstick
from explorer.words import formats
from explorer.words.glossary import explain

NOT_LIVE = "Too slow to follow the slider, or decided only by the library."
_WARNINGS = 4  # shown at once; the rest is folded away


def show_accuracy(
    judged: Judged,
    of: str = "",
    trained: tuple[Evaluation, Evaluation] | None = None,
    is_judged: bool = False,
) -> None:
    """How well it does re-calibrated, where there is BatchNorm, and right after pruning beside it, on the same inputs.

    Args:
        judged: what is known.
        of: what was measured, where that is not the plan.
        trained: the dense and the fine-tuned network on all test images, where a run did just this.
        is_judged: whether the network is judged at all, so that a run tells what a slider cannot wait for.
    """
    found = judged.found
    if found is None:
        not_measured(f"{NOT_LIVE} Use **Apply**.") if is_judged else not_measured()
        return
    measured_badge(f"{of}{_on(found)}", judged.at)
    figures = [_Step("Right after", "right after", found.right_after, found.dense)]
    if found.recalibrated:
        figures.insert(0, _Step("Re-calibrated", "after BN re-calibration", found.recalibrated, found.dense))
    if trained:
        figures.insert(0, _Step("Fine-tuned", "after fine-tuning", trained[1], trained[0]))
    for column, figure in zip(st.columns(len(figures)), figures, strict=True):
        with column:
            figure.draw()


def _on(found: LiveAccuracy) -> str:
    drawn, by = found.dense.examples, found.dense.by
    if drawn < found.all_examples:
        return f"{drawn:,} of {found.all_examples:,} {by.examples or by.unit}"
    return f"{drawn:,} {by.examples}" if by.examples else by.on(drawn)


@dataclass(frozen=True)
class _Step:
    """How well a network does at one step after pruning."""

    label: str
    term: str  # of the glossary
    now: Evaluation
    dense: Evaluation  # on the same inputs

    def draw(self) -> None:
        """As a figure, with how far it is from the dense network."""
        by = self.dense.by
        told = f"{explain(self.term)} {explain(by.term)}"
        moved = self.now.value - self.dense.value
        better: Literal["normal", "inverse"] = "normal" if by.higher_is_better else "inverse"
        st.metric(
            self.label,
            formats.judged(self.now.value, by),
            formats.change(moved, by) if moved else "as before pruning",
            delta_color=better if moved else "off",
            delta_arrow="auto" if moved else "off",
            help=told,
        )
        st.caption(formats.unbroken(formats.interval(self.now)))


def show_trust(found: LiveAccuracy | None, button: str = "Apply") -> None:
    """How far these figures can be trusted, and what a sample leaves out; nothing where there are none.

    Args:
        found: the figures.
        button: what judges all examples; "" where nothing on the page does.
    """
    if found is None:
        return
    by = found.dense.by
    dense = formats.unbroken(formats.judged(found.dense.value, by))
    interval = "; 95 % intervals stand below the numbers" if formats.interval(found.dense) else ""
    st.caption(
        f"**{by.title}:** dense {dense}{interval}.{_sampled(found, button)}{_beside(found)}{_note(by)}"
    )


def _sampled(found: LiveAccuracy, button: str) -> str:
    by, drawn = found.dense.by, found.dense.examples
    if not by.examples:
        return ""
    if drawn == found.all_examples:
        return f" Measured on all {by.examples}."
    every = f"; **{button}** uses all {found.all_examples:,}" if button else ""
    return f" Measured on {drawn:,} {by.unit}, always the same ones{every}."


def _beside(found: LiveAccuracy) -> str:
    """The second number, where there is one that says more than the first."""
    by = found.dense.by
    if not (by.beside and by.note):
        return ""
    return f" {by.beside[:1].upper()}{by.beside[1:]}: {found.headline.loss:.3g}."


def _note(by: Yardstick) -> str:
    return f" {formats.plain(by.note)}" if by.note else ""


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
