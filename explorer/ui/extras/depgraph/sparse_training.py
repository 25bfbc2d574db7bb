"""Sparse training, offered before pruning: settings, the run with its live curve, and the weights it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.training_charts import epochs_of, training_curves
from explorer.ui.parts.widgets import NO_LABELS, judged_badge, whole_number
from explorer.ui.shell import jobs, runs, uploads
from explorer.values import JobStatus, NetworkSpec, NetworkSummary
from explorer.values.sparse_training import LARGEST_STRENGTH, Regularizer, SparselyTrained, SparseTraining
from explorer.values.training import LARGEST_RATE, MOST_EPOCHS
from explorer.words import formats
from explorer.words.glossary import explain

_NAME = "sparse_training_run"
_USUAL = SparseTraining()


@dataclass(frozen=True)
class SparseTrainingRun:
    """What sparse training was started with."""

    spec: NetworkSpec
    settings: SparseTraining
    kept: str  # where the weights of its last whole epoch lie

    @property
    def options_text(self) -> str:
        """All settings in words."""
        asked = self.settings
        return f"{asked.regularizer.label}, strength {asked.pull:g}, {asked.epochs} epochs at {asked.learning_rate:g}"

    def __str__(self) -> str:
        return f"sparse training of {self.spec.name}, {self.options_text}"


def sparse_training_panel(summary: NetworkSummary) -> None:
    """Offer to train a copy towards channels that can go, and to use what came of it."""
    if summary.spec.origin:
        return  # what it leaves are weights of a network as its class builds it
    running = jobs.current(_NAME) is not None
    with st.expander("Train sparsely first", icon=":material/model_training:", expanded=running):
        st.caption(
            "Few networks are trained to be pruned. This trains a copy, with Torch-Pruning's own regularizers, until "
            "some channels hardly matter; none is removed. Then prune that copy, and fine-tune it."
        )
        if not summary.trains:
            st.caption(NO_LABELS)
            return
        settings = _settings()
        begin = partial(_start, summary.spec, settings)
        jobs.start_button("Train sparsely", "sparse_training_start", begin, help=explain("sparse training"))
        runs.show_run(
            _NAME, SparselyTrained, lambda found: _show(found, summary.spec), "Train sparsely", _live
        )


def _start(spec: NetworkSpec, settings: SparseTraining) -> None:
    kept = uploads.room()
    jobs.start(
        _NAME, SparseTrainingRun(spec, settings, kept), calls.sparse_training.start, spec, settings, kept
    )


def _settings() -> SparseTraining:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        label = st.segmented_control(
            "Regularizer",
            [one.label for one in Regularizer],
            default=_USUAL.regularizer.label,
            required=True,
            key="sparse_regularizer",
            help=explain("sparse training"),
        )
        kind = next(one for one in Regularizer if one.label == label)
        epochs = whole_number(
            "Epochs", "sparse_training_epochs", 1, MOST_EPOCHS, explain("epoch"), _USUAL.epochs, width=140
        )
        strength = st.number_input(
            "Strength",
            1e-5,
            LARGEST_STRENGTH,
            kind.strength,
            step=kind.strength / 5,
            format="%g",
            key=f"sparse_strength_{kind}",
            width=140,
            help="How hard channels are pulled towards zero. Higher fades more of them and costs more accuracy.",
        )
        rate = st.number_input(
            "Learning rate",
            1e-5,
            LARGEST_RATE,
            _USUAL.learning_rate,
            format="%g",
            key="sparse_rate",
            width=140,
            help=explain("learning rate"),
        )
    st.caption(f"**{kind.label}**: {kind.told}")
    return SparseTraining(kind, float(strength), epochs, float(rate))


def _show(found: SparselyTrained, picked: NetworkSpec) -> None:
    by = found.dense.by
    judged_badge(found.trained)
    st.markdown(
        f"**{found.faded:,} of {found.channels:,} channels faded** below a tenth of the largest in their group. "
        f"{by.title}: {formats.judged(found.dense.value, by)} before, {formats.judged(found.trained.value, by)} after."
    )
    if (run := _run()) and not Path(run.kept).is_file():
        st.info("This server keeps the weights of its last runs only, and these are gone. Train again.")
    _offer(picked)
    training_curves(found.curve, found.settings.epochs, "sparse_training")


def _live(status: JobStatus) -> None:
    """The curve so far; what whole epochs reached can be used where the run breaks off."""
    curve = status.progress.curve
    if not curve:
        return
    run = _run()
    training_curves(curve, epochs_of(curve, run.settings if run else None), "sparse_training")
    if status.over and run:
        _offer(run.spec)


def _offer(picked: NetworkSpec) -> None:
    """A button that makes the weights this session's for the network."""
    run = _run()
    if run is None or not Path(run.kept).is_file():
        return
    other = run.spec.name != picked.name
    st.button(
        "Prune these weights",
        key="sparse_use",
        type="primary",
        disabled=other,
        help=f"The trained network is {run.spec.name}. Pick it to continue." if other else None,
        on_click=uploads.adopt,
        args=(run.kept, run.spec.name, f"sparse training ({run.options_text})"),
    )


def _run() -> SparseTrainingRun | None:
    run = jobs.current_run(_NAME)
    return run if isinstance(run, SparseTrainingRun) else None
