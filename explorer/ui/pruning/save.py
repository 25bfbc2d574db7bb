"""The report of a run as a file: what a person wants of it, and the button that writes it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from explorer.backends import DEPGRAPH, SPARSEML, backend_of
from explorer.engine import calls
from explorer.exports import Told
from explorer.exports.again import command
from explorer.exports.report import SECTIONS
from explorer.ui.parts.profiled import LONG
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import jobs, project, runs
from explorer.ui.shell.export_buttons import export_buttons
from explorer.ui.shell.history_rows import wanted_of
from explorer.values import LayerGraph, NetworkSpec, Profile, Report, Verdict
from explorer.values.errors import ExplorerError
from explorer.values.page import Page, Price
from explorer.words.glossary import explain

PROFILED = "profile_run"


def save_report(name: str, report: Report) -> None:
    """The report as a file, where it is known what the run was started with.

    Args:
        name: of the run in the session.
    """
    run = jobs.current_run(name)
    if run is None:
        return
    with st.container(horizontal=True, gap="small"):
        button = st.container(width="content")
        with st.popover("Sections", help=explain("report")):
            page = known_beside(run, pick_page(name))
            if not page.verdicts and report.backend != SPARSEML:  # which the page Profile prunes nothing with
                st.caption("It includes verdicts once Profile has run with the same options and ratio.")
        with button:
            told = partial(_told, run, report, page, _link())
            export_buttons("report", told, f"{run.spec.name}-report", beside=name)


def pick_page(name: str) -> Page:
    """What a person wants of a report, as widgets: sections, and the price of an hour.

    Args:
        name: tells these widgets from others on the page.
    """
    titles = {section: title for section, (title, _) in SECTIONS.items()}
    picked = st.multiselect(
        "Sections", [*titles], [*titles], format_func=titles.__getitem__, key=f"{name}_sections"
    )
    amount, currency = st.columns([2, 1])
    price = amount.number_input(
        "Price of an hour of the machine", 0.0, None, None, key=f"{name}_price", placeholder="none"
    )
    unit = currency.text_input("Currency", key=f"{name}_currency", max_chars=8)
    return Page(tuple(name for name in titles if name not in picked), Price(price, unit) if price else None)


def pick_folders_page(run: PruningRun) -> Page:
    """The same for the report in a folder, whose run can measure for verdicts."""
    name = backend_of(run.backend).taking
    page = pick_page(name)
    if run.backend != DEPGRAPH or isinstance(run.amount, tuple):
        return page
    why = st.toggle(
        "Verdicts with their reasons",
        key=f"{name}_why",
        help=f"Profiles the network first, which takes {LONG}; not where Profile was run with the same settings.",
    )
    return replace(page, why=why)


def known_beside(run: jobs.AnyRun, page: Page) -> Page:
    """The same with what this session knows beside the run: verdicts on it, and other runs."""
    mine = wanted_of(run)
    others = (kept.run for kept in project.held().runs if kept.wanted != mine)
    return replace(page, verdicts=_verdicts(run), others=tuple(others))


def _verdicts(run: jobs.AnyRun) -> tuple[Verdict, ...]:
    """Of this session's profile, where that is of the same network, options and ratio."""
    profiled = runs.finished(PROFILED, Profile)
    if profiled is None or not isinstance(run, PruningRun):
        return ()
    of, found = profiled
    asked = found.request
    ways = (asked.options, asked.ratio), (asked.native, asked.amount)
    return found.verdicts if of.spec == run.spec and (run.options, run.amount) in ways else ()


def _link() -> str:
    """Where this page is, with the runs of this session; "" where the browser does not say."""
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    return f"{st.context.url}?{urlencode(link, doseq=True)}" if st.context.url else ""


def _told(run: jobs.AnyRun, report: Report, page: Page, link: str) -> Told:
    again = [link]
    if isinstance(run, PruningRun) and not run.spec.origin and isinstance(run.amount, float | None):
        again.append(command(run.spec, run.backend, run.options, run.amount))
    drawn = None if "drawing" in page.without else _graph(run.spec)
    return Told(run.spec, report, run.options_text, drawn, tuple(filter(None, again)), page=page)


def _graph(spec: NetworkSpec) -> LayerGraph | None:
    """What is drawn; None for a network that Torch-Pruning cannot follow."""
    try:
        return calls.graph(spec)
    except ExplorerError:
        return None
