"""What every page with a plan shows of it: accuracy, step by step, and what to know about the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.ui.parts.widgets import measured_badge, not_measured
from explorer.values import Evaluation, LiveAccuracy
from explorer.values.verdict import Interval
from explorer.words import formats
from explorer.words.glossary import explain

_WARNINGS = 4  # shown at once; the rest is folded away


def show_accuracy(
    found: LiveAccuracy | None, of: str = "", trained: tuple[Evaluation, Evaluation] | None = None
) -> None:
    """Accuracy re-calibrated, where there is BatchNorm, and right after pruning beside it, on the same images.

    Args:
        found: None where it cannot be measured.
        of: what was measured, where that is not the plan.
        trained: the dense and the fine-tuned network on all test images, where a run did just this.
    """
    if found is None:
        not_measured()
        return
    all_images = f"{found.test_images:,} test images"
    drawn = found.right_after.examples
    measured_badge(f"{of}{all_images if drawn == found.test_images else f'{drawn} of {all_images}'}")
    figures = [_Step("Right after", "right after", found.right_after, found.dense)]
    if found.recalibrated or found.is_put_off:
        figures.insert(0, _Step("Re-calibrated", "after BN re-calibration", found.recalibrated, found.dense))
    if trained:
        figures.insert(0, _Step("Fine-tuned", "after fine-tuning", trained[1], trained[0]))
    for column, figure in zip(st.columns(len(figures)), figures, strict=True):
        with column:
            figure.draw()


@dataclass(frozen=True)
class _Step:
    """Accuracy at one step after pruning."""

    label: str
    term: str  # of the glossary
    now: Evaluation | None  # None: put off
    dense: Evaluation  # on the same images

    def draw(self) -> None:
        """As a figure, with how far it is from the dense network."""
        told = f"{explain(self.term)} {explain('accuracy')}"
        if self.now is None:
            st.metric(self.label, "…", "on release", delta_color="off", delta_arrow="off", help=told)
            return
        points = 100 * (self.now.accuracy - self.dense.accuracy)
        st.metric(
            self.label,
            formats.accuracy(self.now.accuracy),
            f"{points:+.1f} points" if points else "as before pruning",
            delta_color="normal" if points else "off",
            delta_arrow="auto" if points else "off",
            help=told,
        )


def show_trust(found: LiveAccuracy | None) -> None:
    """How far these figures can be trusted, and what a sample leaves out; nothing where there are none."""
    if found is None:
        return
    named = [("re-calibrated", found.recalibrated), ("right after", found.right_after)]
    told = ", ".join(f"{name} {_between(one)}" for name, one in named if one)
    sampled = f"{found.right_after.examples} images, always the same ones; **Apply** uses all {found.test_images:,}."
    images = sampled if found.right_after.examples < found.test_images else "all test images."
    dense = formats.unbroken(formats.accuracy(found.dense.accuracy))
    st.caption(f"**Accuracy:** dense {dense}; 95 % intervals: {told}. Measured on {images}")


def _between(found: Evaluation) -> str:
    interval = Interval.of_accuracy(found)
    return formats.unbroken(f"{100 * interval.low:.1f} – {100 * interval.high:.1f} %")


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
