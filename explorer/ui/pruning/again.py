"""“Prune again from here”: a run's network is made once more, kept, and picked on all pages."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from explorer.backends import SPARSEML
from explorer.engine import calls
from explorer.exports.runs import amount_told
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import jobs, left, project, runs
from explorer.values import NetworkSpec, RunMode, places
from explorer.values.again import Left
from explorer.values.project import LONGEST_NAME, Kept
from explorer.words.glossary import explain

BUTTON = "Prune again from here"
_TOLD = "again_told"  # in the session: networks that were picked as soon as they were made


@dataclass(frozen=True)
class LeavingRun:
    """What is made once more, and how."""

    run: PruningRun
    wanted: Left

    @property
    def spec(self) -> NetworkSpec:
        """The network that the run pruned."""
        return self.run.spec

    @property
    def options_text(self) -> str:
        """See `AnyRun`."""
        return self.run.options_text

    def __str__(self) -> str:
        return f"the network of {self.run}"


def prune_again(kept: Kept, run: PruningRun | None, why: str, place: str) -> None:
    """The button.

    Args:
        run: what would be done once more.
        why: not, where that cannot be.
        place: tells several buttons of a page apart.
    """
    if st.button(
        BUTTON,
        key=f"{place}_again",
        icon=":material/fork_right:",
        disabled=run is None,
        help=why or explain("pruning again from a run"),
    ):
        assert run
        _begin(kept, run)


def _begin(kept: Kept, run: PruningRun) -> None:
    if made := left.of_run(kept.id):
        left.pick(made.name)
    else:
        wanted = _wanted(kept, run)
        jobs.start(jobs.LEAVING, LeavingRun(run, wanted), calls.leave.start, *run.asked, wanted)
    st.rerun()


def again_panel(name: str) -> None:
    """Button and outcome below the report of a run, where the project still has that.

    Args:
        name: of the run in the session.
    """
    job_id = jobs.current(name)
    run = jobs.started_with(job_id) if job_id else None
    kept = next((one for one in project.held().runs if one.id == job_id), None)
    if kept and isinstance(run, PruningRun):
        prune_again(kept, run, "", name)
        show_left(kept)


def show_left(kept: Kept) -> None:
    """What became of the button of this run, if it was the last one that was pressed."""
    job_id = jobs.current(jobs.LEAVING)
    begun = jobs.started_with(job_id) if job_id else None
    if not isinstance(begun, LeavingRun) or begun.wanted.run != kept.id:
        jobs.show_refusal(jobs.LEAVING)
        return
    runs.show_run(jobs.LEAVING, NetworkSpec, _show, BUTTON)


def _show(made: NetworkSpec) -> None:
    told: set[str] = st.session_state.setdefault(_TOLD, set())
    if made.upload not in told and made.name in left.networks():
        told.add(made.upload)
        left.pick(made.name)
        st.rerun()
    if made.name not in left.networks():
        st.info(f"This server no longer keeps {made.name}. {BUTTON} makes it once more.")
        return
    st.success(
        f"**{made.name}** is a network of its own now, on every page. Runs on it stand below this run.",
        icon=":material/check:",
    )
    st.page_link(places.page("depgraph_pruning"), label="Prune it")


def _wanted(kept: Kept, run: PruningRun) -> Left:
    number = 1 + [one.id for one in project.held().runs].index(kept.id)
    before, ran = run.spec.origin, kept.run
    amount = amount_told(ran)
    told = f"{before.told}, then {amount}" if before else f"pruned {amount}"
    by_recipe = run.backend == SPARSEML and ran.pruned is None and ran.fine_tuned is not None
    recalibrated = ran.recalibrated is not None and ran.fine_tuned is None
    told += ", fine-tuned" if ran.fine_tuned else ", re-calibrated" if recalibrated else ""
    return Left(
        name=_free(f"{run.spec.base}, {told}", f" (run {number})"),
        told=told,
        run=kept.id,
        path=left.room(),
        fine_tune=run.settings,
        recalibrated=recalibrated,
        mode=RunMode.TRAINING if by_recipe else None,
    )


def _free(told: str, number: str) -> str:
    """A name that no other network of the session has, and that a project file takes."""
    taken, count = left.networks(), 1
    while (name := _short(told, number if count == 1 else f"{number} {count}")) in taken:
        count += 1
    return name


def _short(told: str, ending: str) -> str:
    room = LONGEST_NAME - len(ending)
    return f"{told if len(told) <= room else f'{told[: room - 1]}…'}{ending}"
