"""What SparseML itself costs: a run of its own, since only SparseML's process can time it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.engine import calls
from explorer.process import island
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.profile import library_charts
from explorer.ui.profile.panel import ProfileRun
from explorer.ui.shell import jobs, runs
from explorer.values import SparseCost
from explorer.words import formats
from explorer.words.glossary import explain

_NAME = "sparse_cost_run"


def sparse_cost_panel(wanted: ProfileRun) -> None:
    """Offer to time SparseML with the amount and scope of PyTorch native; show the run of this session."""
    st.header("What SparseML itself costs", help=explain("step cost"))
    missing = island.why_missing()
    if missing:
        st.caption(formats.plain(missing))
        return
    _note(wanted)
    begin = partial(jobs.start, _NAME, wanted, calls.recipe_cost.start, wanted.spec, wanted.request)
    jobs.start_button("Time SparseML", "sparse_cost_start", begin)
    runs.show_run(_NAME, SparseCost, _show, "Time SparseML")


def _note(wanted: ProfileRun) -> None:
    """What is going to be timed, and whether what is shown below was timed so."""
    st.caption(
        f"{_asked(wanted)}, as set for PyTorch native above. SparseML masks copies and trains them for a few "
        "steps in its own process: about 15 s for a small network, longer for larger ones."
    )
    done = runs.reported(_NAME)
    if isinstance(done, ProfileRun) and _asked(done) != _asked(wanted):
        st.caption(
            f":orange[**Older settings.** The timing below is of {_asked(done)}.] Time it again to update."
        )


def _asked(run: ProfileRun) -> str:
    """The part of the settings that SparseML's cost hangs on."""
    asked = run.request
    amount = formats.small_share(asked.amount)
    return f"{run.spec.name} with {run.spec.weights} weights, {amount} of the weights by {asked.native.scope}"


def _show(found: SparseCost) -> None:
    rounds = f"{found.cost.whole.runs} copies masked, {found.plain.runs} training steps, alternating"
    measured_badge(f"SparseML's own calls, {rounds}")
    chart, words = st.container(key="profile_sparse").columns(2, gap="medium")
    with chart:
        st.markdown(f"**{found.cost.library}**: {formats.timing(found.cost.whole)} to set up and mask")
        st.altair_chart(library_charts.steps(found.cost), alt="Steps of SparseML")
    with words:
        st.markdown(_sentences(found))


def _sentences(found: SparseCost) -> str:
    return (
        f"- **Import**: {formats.duration(found.imported)}, once per process (one measurement, after "
        "torch).\n- **Initialise** and **make masks**: once per copy; a schedule makes new masks at each "
        f"update.\n- **Each step of training** on {found.images:,} inputs takes {formats.timing(found.plain)} "
        f"without SparseML and {formats.timing(found.masked)} under its masks: {_longer(found)}. SparseML "
        "multiplies every weight by its mask before each layer and after each step, and every gradient once."
    )


def _longer(found: SparseCost) -> str:
    """The difference, step by step, in words that say no more than its interval allows."""
    longer = found.cost.steps[-1].time
    if longer.low <= 0:
        return "no measurable difference"
    share = formats.share(longer.median, found.plain.median)
    return f"**{formats.timing(longer)} longer, {share}**"
