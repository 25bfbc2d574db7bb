"""Networks that runs left: one safetensors file each, which says how it differs from its dense network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

from explorer.anatomy.rebuild import changed, tensors
from explorer.values import NetworkSpec
from explorer.values.errors import NetworkError

AGAIN = "Press “Prune again from here” at its run once more."
_STRUCTURE = "structure"  # in the file's header: what `structure.json` of a folder holds


def written(module: nn.Module, structure: Mapping[str, Any]) -> bytes:
    """The file of a network."""
    return save(tensors(module), {_STRUCTURE: json.dumps(structure)})


def put_pruned(dense: nn.Module, spec: NetworkSpec) -> None:
    """Make of a dense network, in place, the pruned one that a spec names.

    Raises:
        NetworkError: if the server has forgotten it, or the dense network's code was changed since.
    """
    structure = structure_of(spec)
    try:
        changed(dense, structure["modules"], load_file(spec.upload))
    except (ValueError, SafetensorError, OSError) as error:
        raise NetworkError(f"'{spec.name}' no longer fits '{spec.base}': {error} {AGAIN}") from error


def structure_of(spec: NetworkSpec) -> dict[str, Any]:
    """How a pruned network differs from its dense one; raises as `put_pruned` does."""
    if not (spec.upload and Path(spec.upload).is_file()):
        raise NetworkError(f"This server no longer has the network '{spec.name}'. {AGAIN}")
    with safe_open(spec.upload, "pt") as file:
        found: dict[str, Any] = json.loads(file.metadata()[_STRUCTURE])
    return found
