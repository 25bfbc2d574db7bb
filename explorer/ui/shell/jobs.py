"""Runs of a session: started once, known on every page, found again after a reload of any page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import streamlit as st

from explorer.backends import BACKENDS, DEPGRAPH, Backend
from explorer.engine import calls
from explorer.ui.shell import project, state, uploads
from explorer.values import NetworkSpec
from explorer.values.errors import ExplorerError, FormatError, UnknownNameError
from explorer.words.formats import plain

MOST = 30  # runs of one session that are kept and named in its link
STARTED = "runs"  # ids of this session's runs, oldest first, in the session and in the link
LEAVING = "again_run"  # a run that leaves a network to be pruned again
BRANCH = "branch"  # in links and the session: id of a run; the next one that is started goes on from it
_PRESSED = "run_pressed"  # in the session: key of a start button, and what it begins, until that is done
_BETWEEN = "."  # ids in the link; no id holds one


@dataclass(frozen=True)
class Kind:
    """How the line about a run of one kind reads."""

    page: str  # that shows it
    doing: str
    done: str


def _of_library(one: Backend) -> dict[str, Kind]:
    """Its runs stand side by side."""
    page = one.title_of_page
    return {
        one.run: Kind(page, "Pruning", "Pruned"),
        one.training: Kind(page, "Fine-tuning", "Fine-tuned"),
        one.taking: Kind(page, "Packing", "Packed"),
    }


KINDS = {  # by the run's name in the session, and in links that name no other run of its kind
    **{name: kind for one in BACKENDS.values() for name, kind in _of_library(one).items()},
    LEAVING: Kind("Runs", "Making a network once more from", "Made a pruned network from"),
    "by_hand_run": Kind("Dependency graph", "Pruning", "Pruned"),
    "sparse_training_run": Kind(BACKENDS[DEPGRAPH].title_of_page, "Training", "Trained"),
    "sweep_run": Kind("Sensitivity", "Measuring the sensitivity of", "Measured the sensitivity of"),
    "behaviour_run": Kind("Behaviour", "Judging the answers of", "Judged the answers of"),
    "compare_run": Kind("Compare", "Comparing", "Compared"),
    "reproduce_run": Kind("Reproduce", "Reproducing", "Reproduced"),
    "profile_run": Kind("Profile", "Profiling", "Profiled"),
    "sparse_cost_run": Kind("Profile", "Timing SparseML on", "Timed SparseML on"),
    "growth_run": Kind("Profile", "Profiling", "Profiled"),
}
_SLIDERS = {one.title_of_page: one.amount for one in BACKENDS.values()}  # live, by page
_SLIDERS["Dependency graph"] = "group_ratio"


class AnyRun(Protocol):
    """What a run of any kind was started with; its text describes it in a sentence."""

    @property
    def spec(self) -> NetworkSpec:
        """The network that it prunes."""
        ...

    @property
    def options_text(self) -> str:
        """All options in words, without the amount."""
        ...


@dataclass(frozen=True)
class _Start:
    """What a run was started with, and of which kind it is."""

    run: AnyRun
    name: str
    parent: str = ""  # id of the run whose settings it began with


def _start(job_id: str) -> _Start | None:
    found = calls.about(job_id)
    return _Start(*found) if isinstance(found, tuple) and found[1] in KINDS else None


def begun(name: str, begin: Callable[..., str], *args: object) -> str | None:
    """Start a run by calling `begin` with `args`; its id, or None where it cannot start: see `show_refusal`."""
    try:
        return begin(*args)
    except ExplorerError as error:
        refuse(name, error)
        return None


def refuse(name: str, error: ExplorerError) -> None:
    """Keep why the run of that name cannot start, for `show_refusal`: what a callback draws is lost."""
    st.session_state[_refused(name)] = str(error)


def start_button(
    label: str,
    key: str,
    begin: Callable[[], object],
    *,
    primary: bool = False,
    disabled: bool = False,
    help: str | None = None,
    icon: str | None = None,
) -> None:
    """A button that starts a run by calling `begin`.

    That is called where the button is drawn next: so it knows what was typed just before the press, which Streamlit
    sends first. A page that is left at once does not come so far: `take_up` then begins what was last on screen.
    """
    st.button(
        label,
        key,
        help,
        _press,
        (key, begin),
        type="primary" if primary else "secondary",
        icon=icon,
        disabled=disabled,
    )
    if st.session_state.get(_PRESSED, ("",))[0] == key:
        del st.session_state[_PRESSED]
        begin()


def _press(key: str, begin: Callable[[], object]) -> None:
    st.session_state[_PRESSED] = (key, begin)


def take_up() -> None:
    """Begin what was pressed on a page that was left before its button was drawn again."""
    if pressed := st.session_state.pop(_PRESSED, None):
        pressed[1]()


def show_refusal(name: str) -> None:
    """Say once why the run of that name could not start just now, if so."""
    if sentence := st.session_state.pop(_refused(name), None):
        st.error(plain(sentence))


def _refused(name: str) -> str:
    return f"{name}_refused"


def start(name: str, run: AnyRun, begin: Callable[..., str], *args: object, page: str = "") -> bool:
    """Start a run, see `begun`, and make it this session's one of its kind.

    Args:
        name: of the run in the session.
        run: what it is started with.
        begin: starts it with `args`, and returns its id.
        page: title of the one that is open, where several start such runs.

    Returns:
        Whether it started.
    """
    job_id = begun(name, begin, *args)
    if job_id:
        keep(job_id, run, name, st.session_state.pop(BRANCH, ""))
        st.session_state[STARTED] = [*started(), job_id][-MOST:]
        st.session_state[name] = job_id
        state.forget(STARTED)
        keep_in_link(page or KINDS[name].page)
    return job_id is not None


def keep(job_id: str, run: AnyRun, name: str, parent: str = "") -> None:
    """Let every session that finds this run by a link know what it was started with."""
    calls.keep(job_id, (run, name, parent))


def started() -> list[str]:
    """Ids of this session's runs, oldest first; a new session takes those that the server knows from the link."""
    if STARTED not in st.session_state:
        ids = list(dict.fromkeys(filter(None, st.query_params.get(STARTED, "").split(_BETWEEN))))
        lost = dict(filter(None, map(_lost, ids)))
        st.session_state[STARTED] = [job_id for job_id in ids if job_id not in lost][-MOST:]
        named = {name: st.query_params[name] for name in KINDS if name in st.query_params}
        st.session_state.update(_latest() | named)
        st.session_state[BRANCH] = st.query_params.get(BRANCH, "")
        _tell_lost(lost)
    known: list[str] = st.session_state[STARTED]
    return known


def _lost(job_id: str) -> tuple[str, str] | None:
    """The id of a run that this server does not have, and what is wrong with its file; None for one that it has."""
    try:
        calls.job(job_id)
    except UnknownNameError:
        return job_id, ""
    except FormatError as error:
        return job_id, str(error)
    return None if _start(job_id) else (job_id, "")


def _latest() -> dict[str, str]:
    """The youngest run of each kind among this session's."""
    ids = st.session_state[STARTED]
    return {start.name: job_id for job_id in ids if (start := _start(job_id))}


def _tell_lost(lost: Mapping[str, str]) -> None:
    unknown = [job_id for job_id, damage in lost.items() if not damage]
    which = f"a run “{state.short(unknown[0])}”" if len(unknown) == 1 else f"{len(unknown)} runs"
    they = "it is no longer kept, or it" if len(unknown) == 1 else "they are no longer kept, or"
    gone = f"The link names {which} that this server does not know: {they} broke off when the server ended."
    if told := [*filter(None, lost.values()), *([gone] if unknown else [])]:
        state.note(STARTED, " ".join([*told, "The rest of the link was kept."]))


def drop_started(gone: Collection[str]) -> None:
    """Forget that this session started these runs; what is shown of them on their own pages stays."""
    st.session_state[STARTED] = [job_id for job_id in started() if job_id not in gone]
    state.forget(STARTED)


def current(name: str) -> str | None:
    """The run of this session; a new session takes it from the link."""
    started()
    if name in st.query_params and name not in st.session_state:
        st.session_state[name] = st.query_params[name]
    return st.session_state.get(name)


def forget(name: str) -> None:
    """Drop this session's run."""
    st.session_state[name] = None  # not popped: the link still names it
    keep_in_link(KINDS[name].page)


def started_with(job_id: str) -> AnyRun | None:
    """What a run was started with; None for one that this server does not know."""
    start = _start(job_id)
    return start.run if start else None


def current_run(name: str) -> AnyRun | None:
    """What this session's run was started with; None where there is none, or this server does not know it."""
    job_id = current(name)
    return started_with(job_id) if job_id else None


def name_of(job_id: str) -> str:
    """Of the run in the session and in links; "" for one that this server does not know."""
    start = _start(job_id)
    return start.name if start else ""


def parent_of(job_id: str) -> str:
    """Id of the run whose settings it began with; "" where there is none."""
    start = _start(job_id)
    return start.parent if start else ""


def kind_of(job_id: str) -> Kind | None:
    """Of which kind a run is; None for one that this server does not know."""
    start = _start(job_id)
    return KINDS[start.name] if start else None


def keep_in_link(page: str) -> None:
    """Name this session's runs in the link of a page, so that a reload finds them; writes only what changed.

    The browser alone knows where the live slider is, and what Python writes replaces the whole link: so its value is
    written along.
    """
    wanted = in_link()
    stale = [
        name
        for name in (STARTED, BRANCH, project.LINK, uploads.LINK, *KINDS)
        if name in st.query_params and name not in wanted
    ]
    if not stale and all(st.query_params.get(name) == text for name, text in wanted.items()):
        return
    slider = _SLIDERS.get(page)
    beside = {slider: f"{st.session_state[slider]:.2f}"} if slider and slider in st.session_state else {}
    st.query_params.update(wanted | beside)
    for name in stale:
        del st.query_params[name]


def in_link() -> dict[str, str]:
    """What every link names of this session: its runs, its project and its upload.

    By its own name each run that is shown on its page but is not the youngest of its kind among them.
    """
    ids, latest = started(), _latest()
    named = {name: job_id for name in KINDS if (job_id := current(name)) and job_id != latest.get(name)}
    return ({STARTED: _BETWEEN.join(ids)} if ids else {}) | named | project.in_link() | uploads.in_link()
