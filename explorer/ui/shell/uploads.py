"""Weights that people uploaded: held by this server, and named in links by an id that nobody guesses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from safetensors import safe_open

from explorer.engine import calls
from explorer.process.scratch import new_file, scratch
from explorer.ui.shell import state
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.checkpoints import SAFE, Fit, Upload, ending

LINK = "upload"  # in links: the id of the weights that are picked
MOST = 8 << 30  # bytes on the disk; beyond it the server forgets what was uploaded longest ago
SPARE = 8  # files that runs of all sessions wrote and nobody took over; older ones make room
_MINE = "uploads"  # in the session: network → id
_PICKED = "upload_picked"  # in the session: the id of those that are shown
_JUST = "upload_just"  # in the session: whether some were just taken in, and are to be picked


def take(name: str, data: memoryview, spec: NetworkSpec, strip: str = "") -> Fit:
    """Have a file read by a process of its own; where all of it fits, this session has it as uploaded weights then.

    Args:
        name: what its owner calls it.
        data: the file.
        spec: of the network that it is for.
        strip: what stands before its names and not in the network.

    Raises:
        NetworkError: if it cannot be read, or holds more than tensors.
        EngineError: if reading it took too long or too much memory.
    """
    kind, kept = ending(name), Path(room())
    file = kept.with_suffix(f".read{kind}")
    wanted = NetworkSpec(spec.name, Weights.UPLOADED, version=spec.version, upload=str(kept))
    try:
        file.write_bytes(data)
        found = calls.take_upload(wanted, str(file), name, strip)
    finally:
        file.unlink(missing_ok=True)
    if not found.misfits:
        _keep(kept, spec.name, name, found.tensors)
    return found


def room() -> str:
    """Where a run may write weights that this session can take over."""
    taken = [Path(one.path) for one in _kept().values()]
    return new_file(scratch("pruning-explorer-uploads"), SAFE, SPARE, taken)


def adopt(path: str, network: str, told: str) -> None:
    """Make weights that a run wrote this session's for a network.

    Args:
        path: of the safetensors.
        told: what they are.
    """
    with safe_open(path, "numpy") as held:
        count = len(held.keys())
    _keep(Path(path), network, told, count)


def of(network: str) -> Upload | None:
    """The uploaded weights that this session has for a network; a new session takes those that its link names."""
    mine: dict[str, str] = st.session_state.setdefault(_MINE, {})
    linked = _kept().get(st.query_params.get(LINK, ""))
    if linked and linked.network == network:
        mine.setdefault(network, linked.id)
    return _kept().get(mine.get(network, ""))


def choices(entry: CatalogEntry) -> tuple[Weights, ...]:
    """All weights that this session can pick for a network; those that were just uploaded are picked."""
    if not of(entry.name):
        return entry.weights
    if st.session_state.pop(_JUST, False):
        st.session_state["weights"] = str(Weights.UPLOADED)
    return (*entry.weights, Weights.UPLOADED)


def picked(network: str, weights: Weights) -> str:
    """Path of the uploaded weights if those are picked, else ""; the link names them from then on."""
    upload = of(network) if weights is Weights.UPLOADED else None
    st.session_state[_PICKED] = upload.id if upload else ""
    return upload.path if upload else ""


def in_link() -> dict[str, str]:
    """What a link names of them."""
    id = st.session_state.get(_PICKED)
    return {LINK: id} if id else {}


def check_link(entry: CatalogEntry, offered: Sequence[str]) -> None:
    """Note one sentence if the link names uploaded weights that this server lacks, or none; see `state.check_link`."""
    lost = Weights.UPLOADED not in offered and st.query_params.get("weights") == Weights.UPLOADED
    if not lost or "weights" in st.session_state:
        state.check_link("weights", offered, f"a kind of weights of {entry.name}")
        return
    del st.query_params["weights"]
    state.note(
        "weights",
        f"The link names uploaded weights of {entry.name} that this server does not have: it drops uploads when it "
        f"ends. Upload the file again on the Network page. Showing the {offered[0]} weights.",
    )


def _keep(file: Path, network: str, told: str, tensors: int) -> None:
    kept, id = _kept(), file.stem
    kept[id] = Upload(id, network, told, str(file), tensors, file.stat().st_size)
    while len(kept) > 1 and sum(one.bytes for one in kept.values()) > MOST:
        Path(kept.popitem(last=False)[1].path).unlink(missing_ok=True)
    st.session_state.setdefault(_MINE, {})[network] = id
    st.session_state[_JUST] = True
    state.forget("weights")


@st.cache_resource(show_spinner=False)
def _kept() -> OrderedDict[str, Upload]:
    """All that this server holds, oldest first."""
    return OrderedDict()
