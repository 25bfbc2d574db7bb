"""What stands around every page: the browser tab, the navigation, and the network picked once for all."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.backends import BACKENDS, DEPGRAPH, NATIVE, SPARSEML
from explorer.engine import calls
from explorer.ui.shell import assets, history, job_watch, jobs, left, own, project, state, story, uploads
from explorer.values import CatalogEntry, NetworkSpec, Weights, places
from explorer.values.errors import ExplorerError
from explorer.words.formats import plain
from explorer.words.glossary import explain

_HISTORY = assets.text("history.js")
SECTIONS = {  # of the navigation: each page's title by its file's name
    "Understand": {"overview": "Overview", "network": "Network", "dependency_graph": "Dependency graph"},
    "Prune": {
        "pytorch_native": BACKENDS[NATIVE].title_of_page,
        "depgraph_pruning": BACKENDS[DEPGRAPH].title_of_page,
        "sparseml": BACKENDS[SPARSEML].title_of_page,
    },
    "Decide": {
        "sensitivity": "Sensitivity",
        "behaviour": "Behaviour",
        "compare": "Compare",
        "profile": "Profile",
        "savings": "What it saves",
        "runs": "Runs",
    },
    "Check": {"reproduce": "Reproduce"},
}
PAGES = {name: title for pages in SECTIONS.values() for name, title in pages.items()}
LIBRARY = "library"  # in the session and in links
_OPENED = "page_opened"  # which page the session saw last
_DEFAULT_NETWORK = "mnist-resnet"
_EARLY = ("overview", "")  # paths of the page that draws before the engine answers
_WEIGHTS = {
    Weights.TRAINED: "Trained on handwritten digits; shipped with the explorer.",
    Weights.PRETRAINED: "As published, mostly trained on ImageNet; downloaded once.",
    Weights.RANDOM: "Never trained; nothing to download.",
    Weights.OWN: "From your function or checkpoint.",
    Weights.UPLOADED: "From the file that you uploaded, or from sparse training.",
}
_RANDOM = "Counts, groups and latency are meaningful; importance and accuracy are not."


# Streamlit runs a page file alone, without app.py, when a link to it is the first thing a fresh
# server sees. So every page asks for the frame. Naming the pages then makes the next run go through
# app.py, which gives widgets other ids: a first click on what was drawn alone would be lost, so
# nothing is drawn alone, unless the page file itself is what was started.
@dataclass(frozen=True)
class _Frame:
    """What app.py drew before it runs a page."""

    spec: NetworkSpec | None  # None: the page draws before the engine knows the networks


_frame: ContextVar[_Frame | None] = ContextVar("frame", default=None)


def run() -> None:
    """Draw the frame and run the page that was picked in it; for app.py.

    The network is picked here and not in the page: only so do all pages share one widget, whose choice outlives a
    switch of pages at any moment.
    """
    page = _navigation()
    if page.url_path == "" and "network" not in st.session_state:
        _send_on()
    story.follow(page.url_path)
    token = _frame.set(_Frame(None if page.url_path in _EARLY else _picked(page.title)))
    try:
        page.run()
    finally:
        _frame.reset(token)
    if page.url_path in _EARLY:
        _picked(page.title)


def library() -> str:
    """Which library the page of further ones shows; a list to pick from, where there are several."""
    known = _further()
    state.check_link(LIBRARY, known, "a library")
    if len(known) > 1:
        names = {key: BACKENDS[key].name for key in known}
        st.selectbox("Library", known, key=LIBRARY, bind="query-params", format_func=names.__getitem__)
    state.show_notices(LIBRARY)
    return _shown_library()


def _shown_library() -> str:
    known = _further()
    named = st.session_state.get(LIBRARY) or st.query_params.get(LIBRARY)
    return named if named in known else known[0]


def draw() -> NetworkSpec:
    """The network picked for all pages; draws the frame unless app.py already did. First line of most pages."""
    frame = _frame.get()
    spec = frame.spec if frame else _picked(_alone().title)
    assert spec, "this page draws before the network is picked: use draw_around"
    return spec


def draw_around(page: Callable[[], None]) -> None:
    """The same for a page that needs no network and does not wait for the engine."""
    if _frame.get():
        page()
        return
    alone = _alone()
    page()
    _picked(alone.title)


def _alone() -> st.Page:
    """Begin the frame for a page file that Streamlit runs without app.py."""
    page = _navigation()
    if _app_was_started():
        st.rerun()
    story.follow(page.url_path)
    return page


def _app_was_started() -> bool:
    context = get_script_run_ctx()
    return context is not None and Path(context.main_script_path).name == "app.py"


def _navigation() -> st.Page:
    st.set_page_config(page_icon=str(assets.path("icon.svg")), layout="wide", initial_sidebar_state="auto")
    st.html(assets.path("frame.css"))
    sections = {
        part: [_file(name, title) for name, title in pages.items()] for part, pages in SECTIONS.items()
    }
    if _further():
        sections["Prune"].append(_file("library", BACKENDS[_shown_library()].title_of_page))
    root = _file("overview", PAGES["overview"], "")
    page = st.navigation({**sections, "Understand": [*sections["Understand"], root]}, expanded=True)
    own.take_flags()
    return page


def _send_on() -> None:
    """From a link without a path: to the network where it or a flag names one, else to the overview.

    The former is what such links opened before there was an overview. A browser that goes back to one stays there.
    """
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    name = "network" if link or own.first() else "overview"
    st.switch_page(_file(name, PAGES[name]), query_params=link)


def _file(name: str, title: str, path: str | None = None) -> st.Page:
    """A page by its file's name; the one that links without a path open is not listed."""
    path = name if path is None else path
    visibility: Literal["visible", "hidden"] = "visible" if path else "hidden"
    return st.Page(places.page(name), title=title, url_path=path, default=not path, visibility=visibility)


def page_of(title: str) -> str:
    """The page of that title, as links name it; libraries of further tables share one, which is told whose it is."""
    further = {BACKENDS[key].title_of_page: f"library?{LIBRARY}={key}" for key in _further()}
    return (further | {shown: name for name, shown in PAGES.items()})[title]


def _further() -> list[str]:
    """Libraries that a further table brought: they have no page of their own name."""
    return [key for key, one in BACKENDS.items() if one.title_of_page not in PAGES.values()]


def _picked(page: str) -> NetworkSpec:
    with st.sidebar:
        try:
            with st.spinner("Starting the engine …", show_time=True):
                entries = left.entries(calls.catalog())
        except ExplorerError as error:
            st.error(plain(str(error)))
            st.stop()
        entry = entries[_pick_network(entries)]
        weights = _pick_weights(entry)
        upload = uploads.picked(entry.name, weights)
        spec = left.networks().get(entry.name) or NetworkSpec(
            entry.name, weights, version=own.version(entry.name), upload=upload
        )
        own.show_reload(entry.name)
        data = entry.data or "none, so accuracy cannot be measured"
        st.caption(f"{plain(entry.description)}\n\nData: {plain(data)}.")
        job_watch.keep_alive()
        st.html(f"<script>{_HISTORY}</script>", unsafe_allow_javascript=True)
    _keep_runs(page)
    state.show_notices("network", "weights", jobs.STARTED, project.LINK)
    if weights is Weights.RANDOM:
        st.markdown(f":orange-badge[random weights] {_RANDOM}")
    return spec


def _keep_runs(page: str) -> None:
    """Know this session's runs on every page and in its link, and take in those that ended since."""
    if st.session_state.setdefault(_OPENED, page) != page:
        st.session_state[_OPENED] = page
        state.forget(jobs.STARTED)
        jobs.take_up()
    history.runs()
    jobs.keep_in_link(page)


def _pick_network(entries: dict[str, CatalogEntry]) -> str:
    names = list(entries)
    own.check_link(names)
    left.check_link(names)
    return st.selectbox(
        "Network",
        names,
        index=names.index(own.first() or _DEFAULT_NETWORK),
        key="network",
        bind="query-params",
        filter_mode="contains",
        on_change=lambda: state.forget("network"),
        help=f"{explain('network')} Type to search; your own come first, then bundled networks, then torchvision's.",
    )


def _pick_weights(entry: CatalogEntry) -> Weights:
    choices = uploads.choices(entry)
    offered = [str(weights) for weights in choices]
    uploads.check_link(entry, offered)
    if len(offered) == 1:
        return entry.weights[0]
    picked = st.radio(
        "Weights",
        offered,
        key="weights",
        bind="query-params",
        captions=[_WEIGHTS[weights] for weights in choices],
        on_change=lambda: state.forget("weights"),
        help=explain("weights"),
    )
    return Weights(picked)
