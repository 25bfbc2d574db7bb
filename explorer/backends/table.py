"""The pruning libraries by their keys; adding one is a folder and an entry here, or in a table of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from explorer.backends.base import Backend
from explorer.backends.fields import Field, linked
from explorer.backends.options import parse_options
from explorer.values.errors import UnknownNameError
from explorer.values.loose import shown
from explorer.values.tables import Table

DEPGRAPH, NATIVE, SPARSEML = "depgraph", "native", "sparseml"

BACKENDS: Table[Backend] = Table(
    "BACKENDS",
    {
        NATIVE: Backend(
            title="PyTorch native (torch.nn.utils.prune)",
            name="PyTorch native",
            prefix="native_",
            asked="amount",
            slider="amount",
            largest=1.0,
            library="torch.nn.utils.prune",
            removes=False,
            options="explorer.values:NativeOptions",
            fields="explorer.backends.native.fields:FIELDS",
            planner="explorer.backends.native.planner:NativePlanner",
            note="Its step scores and masks, layer after layer; making the masks permanent is part of it.",
            evidence="explorer.backends.native.evidence:evidence",
            scripts="explorer.backends.native.script:scripts",
        ),
        DEPGRAPH: Backend(
            title="DepGraph (Torch-Pruning)",
            name="DepGraph",
            page="DepGraph pruning",
            usual=0.3,  # at 0.5 a network loses more than re-calibration gives back
            library="Torch-Pruning",
            removes=True,
            options="explorer.values:ChannelOptions",
            fields="explorer.backends.depgraph.fields:FIELDS",
            planner="explorer.backends.depgraph.planner:DepGraphPlanner",
            note="Its step traces, groups and scores once more: the library does all of that in every call.",
            evidence="explorer.backends.depgraph.evidence:evidence",
            scripts="explorer.backends.depgraph.script:scripts",
            phases=("graph", "score"),
        ),
        SPARSEML: Backend(
            title="SparseML",
            name="SparseML",
            prefix="sparse_",
            slider="final_sparsity",
            asked="sparsity",
            usual=0.8,
            largest=0.99,
            library="SparseML",
            removes=False,
            options="explorer.values:SparseOptions",
            fields="explorer.backends.sparseml.fields:FIELDS",
            planner="explorer.backends.sparseml.planner:SparsePlanner",
            note="Its step starts a process of its own, imports SparseML there and masks in one shot.",
            scripts="explorer.backends.sparseml.script:scripts",
        ),
    },
)


def backend_of(key: str) -> Backend:
    """The library of that key; `UnknownNameError` where there is none."""
    if not isinstance(key, str) or key not in BACKENDS:
        raise UnknownNameError(f"Unknown backend {shown(key)}. Known backends: {', '.join(BACKENDS)}.")
    return BACKENDS[key]


def key_of(loose: object) -> str:
    """The key of a library that is called so: by its key, name, title or library, in small or capital letters."""
    for key, backend in BACKENDS.items():
        names = (key, backend.name, backend.title, backend.library)
        if str(loose).strip().lower() in map(str.lower, names):
            return key
    raise UnknownNameError(f"Unknown backend {shown(loose)}. Known backends: {', '.join(BACKENDS)}.")


def fields_of(key: str) -> Sequence[Field]:
    """Every option of a library, named in links behind its prefix; raises as `backend_of` does."""
    backend = backend_of(key)
    return linked(backend.prefix, *resolved(backend.fields))


def parsed(key: str, loose: Mapping[str, object]) -> Any:
    """A library's options from loose words; raises as `backend_of` and `parse_options` do."""
    backend = backend_of(key)
    return parse_options(fields_of(key), resolved(backend.options), loose, backend.name)


def resolved(target: str) -> Any:
    """What a "module:name" of the table means."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
