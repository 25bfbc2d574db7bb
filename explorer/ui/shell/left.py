"""Pruned networks that runs left: in the picker of the session whose link names those runs, like any other network."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import streamlit as st

from explorer.engine import calls
from explorer.process.folder import Folder
from explorer.ui.shell import jobs, own, state
from explorer.values import CatalogEntry, NetworkSpec, places
from explorer.values.checkpoints import SAFE
from explorer.values.errors import ExplorerError, NetworkError, cause_of

MOST, BYTES = 100, 8 << 30  # networks on disk, of all sessions
_PICK = "left_picked"  # in the session: the name of the one that is to be picked


@cache
def _folder() -> Folder:
    return Folder(places.kept_folder() / "networks", MOST, BYTES)


def room() -> str:
    """Where a run may write its network; those written longest ago make room.

    Raises:
        NetworkError: where this server may write nothing.
    """
    try:
        return str(_folder().place(f"{secrets.token_urlsafe(9)}{SAFE}"))
    except OSError as error:
        raise NetworkError(f"The network cannot be kept on this server: {cause_of(error)}.") from error


def networks() -> dict[str, NetworkSpec]:
    """All that this session has, by name."""
    found = [_result(job_id) for job_id in jobs.started() if jobs.name_of(job_id) == jobs.LEAVING]
    return {
        spec.name: replace(spec, version=own.version(spec.base))
        for spec in found
        if isinstance(spec, NetworkSpec) and Path(spec.upload).is_file()
    }


def _result(job_id: str) -> object:
    try:
        return calls.job(job_id).result
    except ExplorerError:
        return None


def of_run(run_id: str) -> NetworkSpec | None:
    """The network that a run of the project left; None where it was not made yet, or is no longer kept."""
    return next(
        (one for one in networks().values() if one.origin and one.origin.run == run_id),
        None,
    )


def pick(name: str) -> None:
    """Have the frame pick this one when it is drawn next."""
    st.session_state[_PICK] = name


def entries(others: Sequence[CatalogEntry]) -> dict[str, CatalogEntry]:
    """What can be picked by name: these networks, then all others; the one that is to be picked is."""
    known = {entry.name: entry for entry in others}
    found = {
        name: _entry(spec, known[spec.base]) for name, spec in networks().items() if spec.base in known
    } | known
    if (wanted := st.session_state.pop(_PICK, None)) in found:
        st.session_state["network"] = wanted
        state.forget("network")
    return found


def _entry(spec: NetworkSpec, base: CatalogEntry) -> CatalogEntry:
    assert spec.origin
    told = (
        f"{base.name}, {spec.origin.told}. Pages count and judge against this network, Runs also against "
        f"{base.name}."
    )
    return CatalogEntry(spec.name, base.family, (spec.weights,), told, base.data)


def check_link(names: Sequence[str]) -> None:
    """Note instead what helps if the link names a pruned network that this server does not have."""
    wrong = st.query_params.get("network", "")
    if wrong not in names and "(run " in wrong and "network" not in st.session_state:
        state.note(
            "network",
            f"The link names the network “{state.short(wrong)}”, which a run left and this server does not have. Pick "
            "that run on Runs, and press Prune again from here. The rest of the link was kept.",
        )
