"""“Prune again from here”: a run's network is made once more, kept, and picked on all pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer.backends import SPARSEML, backend_of
from explorer.engine import calls
from explorer.exports.runs import amount_told
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import frame, jobs, left, project, runs
from explorer.values import NetworkSpec, RunMode, places
from explorer.values.again import Left
from explorer.values.errors import ExplorerError
from explorer.values.project import LONGEST_NAME, Kept
from explorer.words.glossary import explain

BUTTON = "Prune again from here"
_PICKING = "again_picking"  # in the session: id of the job whose network is picked as soon as it is made


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


def prune_again(kept: Kept, run: PruningRun | None, why: str, place: str, page: str) -> None:
    """The button.

    Args:
        run: what would be done once more.
        why: not, where that cannot be.
        place: tells several buttons of a page apart.
        page: title of the one that is open.
    """
    jobs.start_button(
        BUTTON,
        f"{place}_again",
        partial(_begin, kept, run, page),
        icon=":material/fork_right:",
        disabled=run is None,
        help=why or explain("pruning again from a run"),
    )


def _begin(kept: Kept, run: PruningRun | None, page: str) -> None:
    assert run, "the button is greyed without one"
    if made := left.of_run(kept.id):
        left.pick(made.name)
    else:
        try:
            wanted = _wanted(kept, run)
        except ExplorerError as error:
            jobs.refuse(jobs.LEAVING, error)
            return
        begun = LeavingRun(run, wanted)
        if jobs.start(jobs.LEAVING, begun, calls.leave.start, *run.asked, wanted, page=page):
            st.session_state[_PICKING] = jobs.current(jobs.LEAVING)
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
        prune_again(kept, run, "", name, jobs.KINDS[name].page)
        show_left(kept, is_beside_slider=True)


def show_left(kept: Kept, is_beside_slider: bool = False) -> None:
    """What became of the button of this run, if it was the last one that was pressed."""
    begun = jobs.current_run(jobs.LEAVING)
    if not isinstance(begun, LeavingRun) or begun.wanted.run != kept.id:
        jobs.show_refusal(jobs.LEAVING)
        return
    runs.show_run(jobs.LEAVING, NetworkSpec, partial(_show, is_beside_slider), BUTTON)


def _show(is_beside_slider: bool, made: NetworkSpec) -> None:
    if st.session_state.get(_PICKING) == jobs.current(jobs.LEAVING):
        del st.session_state[_PICKING]
        left.pick(made.name)
        st.rerun()
    if made.name not in left.networks():
        st.info(f"This server no longer keeps {made.name}. {BUTTON} makes it once more.")
        return
    st.success(
        f"**{made.name}** is in the picker, and every page takes it. Its runs will stand below this one.",
        icon=":material/check:",
    )
    if not is_beside_slider:
        with st.container(horizontal=True):
            for page in ("depgraph_pruning", "pytorch_native", "sparseml"):
                st.page_link(places.page(page), label=f"Open {frame.PAGES[page]} →")


def _wanted(kept: Kept, run: PruningRun) -> Left:
    number = 1 + [one.id for one in project.held().runs].index(kept.id)
    before, ran = run.spec.origin, kept.run
    by_recipe = run.backend == SPARSEML and ran.pruned is None and ran.fine_tuned is not None
    recalibrated = ran.recalibrated is not None and ran.fine_tuned is None
    again = f"pruned {'again ' if before else ''}{amount_told(ran)}"
    return Left(
        name=_free(f"{run.spec.base}, {again}", f" (run {number})"),
        told=", ".join([*([before.told] if before else []), *_steps(kept, run.backend, recalibrated)]),
        run=kept.id,
        path=left.room(),
        fine_tune=run.settings,
        recalibrated=recalibrated,
        mode=RunMode.TRAINING if by_recipe else None,
    )


def _steps(kept: Kept, backend: str, recalibrated: bool) -> Iterator[str]:
    """What the run did, in words."""
    amount = amount_told(kept.run)
    yield (
        f"pruned {amount}"
        if backend_of(backend).removes
        else f"masked {amount} with its zeros kept as weights"
    )
    if kept.run.fine_tuned:
        yield "fine-tuned"
    elif recalibrated:
        yield "re-calibrated"


def _free(told: str, number: str) -> str:
    """A name that no other network of the session has, and that a project file takes."""
    taken, count = left.networks(), 1
    while (name := _short(told, number if count == 1 else f"{number} {count}")) in taken:
        count += 1
    return name


def _short(told: str, ending: str) -> str:
    room = LONGEST_NAME - len(ending)
    return f"{told if len(told) <= room else f'{told[: room - 1]}…'}{ending}"
