"""Where a run's settings and report are: links that open its page with them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from explorer.backends import backend_of, fields_of, parsed
from explorer.backends.codec import as_link
from explorer.ui.pruning.again import BUTTON
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import frame, jobs, left, own
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import ExplorerError, PruningError
from explorer.values.project import Kept

_NO_REPORT = "This server does not have it: it is no longer kept, or another server ran it."


def asked_again(kept: Kept) -> PruningRun:
    """The run as it would be started anew.

    Raises:
        ExplorerError: in one sentence, where its page cannot start it.
    """
    if kept.wanted and isinstance(kept.wanted.amount, tuple):
        raise PruningError("Its channels were named by hand: name them again on Dependency graph.")
    return as_it_was(kept)


def as_it_was(kept: Kept) -> PruningRun:
    """The run with all that it asked for, channels by hand included; raises as `asked_again` does."""
    began = jobs.started_with(kept.id)
    if isinstance(began, PruningRun) and began.spec.weights is Weights.UPLOADED:
        return began  # the project does not hold which weights those were
    if (wanted := kept.wanted) is None:
        raise PruningError("This run does not say how to start it again.")
    options = parsed(wanted.backend, wanted.options)
    return PruningRun(
        _network(kept.run.network), wanted.backend, options, wanted.amount, settings=wanted.fine_tune
    )


def _network(network: NetworkSpec) -> NetworkSpec:
    """The network of a run as this server has it."""
    if network.origin is None:
        return NetworkSpec(network.name, network.weights, network.seed, own.version(network.name))
    if found := left.of_run(network.origin.run):
        return found
    raise PruningError(
        f"This server does not have {network.name}. Press “{BUTTON}” at the run above it, which makes it once more."
    )


def link_to_settings(run: PruningRun, branch: str) -> str:
    """The link that opens a library's page with a run's settings; what is started there goes on from that run."""
    said = {
        "network": run.spec.name,
        "weights": str(run.spec.weights),
        **as_link(run.options, fields_of(run.backend)),
    }
    return _link(
        frame.page_of(backend_of(run.backend).title_of_page), {**said, **_amount(run), jobs.BRANCH: branch}
    )


def link_to_report(kept: Kept) -> str:
    """The link that opens its report; "" where this server does not have it."""
    for job_id in (kept.id, kept.id[:-1]):  # of several that were compared, the id ends in a letter
        if kind := jobs.kind_of(job_id):
            network = kept.run.network
            said = {"network": network.name, "weights": str(network.weights), jobs.name_of(job_id): job_id}
            return _link(frame.page_of(kind.page), said)
    return ""


def _amount(run: PruningRun) -> dict[str, str]:
    known = backend_of(run.backend)
    if isinstance(run.amount, int):
        return {f"{known.prefix}unit": "count", f"{known.prefix}count": str(run.amount)}
    amount: Any = getattr(run.options, known.slider) if run.amount is None else run.amount
    return {known.amount: f"{amount:.2f}"}


def _link(page: str, said: Mapping[str, Any]) -> str:
    """A whole new start of a page, by its link: nothing that the session holds of its widgets is in the way."""
    return f"{page}{'&' if '?' in page else '?'}{urlencode({**jobs.in_link(), **said}, doseq=True)}"


def show_again(kept: Kept) -> PruningRun | None:
    """Links to a run's settings and report; what it would be started with, None where that cannot be."""
    run, why = None, ""
    try:
        run = asked_again(kept)
    except ExplorerError as error:
        why = str(error)
    _way("Start again with these settings", link_to_settings(run, kept.id) if run else "", why)
    _way("Open its report", link_to_report(kept), _NO_REPORT)
    return run


def _way(label: str, link: str, why_not: str) -> None:
    """A link that looks like a button and stays in the tab; Streamlit's own opens a new one. Without one, why."""
    if link:
        st.html(f'<a class="way" href="{escape(link)}">{label}</a>', width="content")
    else:
        st.button(label, disabled=True, help=why_not)
