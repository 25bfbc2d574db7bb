"""What a training run has measured, epoch by epoch, against its planned schedule."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.extras.sparseml import charts
from explorer.ui.parts import training_charts
from explorer.ui.parts.live_charts import draw
from explorer.values import RecipePlan, TrainingPoint
from explorer.words import formats
from explorer.words.glossary import explain


def show_curves(plan: RecipePlan, curve: Sequence[TrainingPoint]) -> None:
    """Draw sparsity over its plan, loss and accuracy; the same three charts from the first point to the last."""
    epochs = plan.options.epochs
    st.caption(_now(curve))
    sparsity, loss, accuracy = st.container(key="sparse_curves").columns(3, gap="small")
    with sparsity:
        st.markdown("**Sparsity**: planned, :green[measured]", help=explain("sparsity schedule"))
        figure = charts.schedule(plan.schedule, epochs, curve, training_charts.HEIGHT)
        draw(figure, "sparse_run_sparsity", "Measured sparsity over the planned schedule")
    with loss:
        st.markdown("**Training loss**", help=explain("loss"))
        draw(training_charts.loss(curve, epochs), "sparse_run_loss", "Loss over the epochs")
    with accuracy:
        st.markdown("**Accuracy** on the test images", help=explain("accuracy"))
        figure = training_charts.accuracy(curve, epochs)
        draw(figure, "sparse_run_accuracy", "Accuracy over the epochs")


def _now(curve: Sequence[TrainingPoint]) -> str:
    """The last point in words; it always takes the same room."""
    if not curve:
        return "The first point appears once the network is loaded and evaluated."
    last = curve[-1]
    sparsity = "" if last.sparsity is None else f" · sparsity {100 * last.sparsity:.1f} %"
    right = "" if last.accuracy is None else f" · accuracy {formats.accuracy(last.accuracy)}"
    return f"Epoch {last.epoch:.2f}{sparsity} · loss {last.loss:.3f}{right}"
