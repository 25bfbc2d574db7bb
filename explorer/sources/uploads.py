"""Weights that somebody uploaded: read by a process that may end by it, then by engines as safetensors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import nn

from explorer.measuring.saving import saved
from explorer.sources.own import checkpoints
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.checkpoints import Fit
from explorer.values.errors import NetworkError

AGAIN = "Upload them again on the Network page."


def built_as(spec: NetworkSpec, entry: CatalogEntry) -> NetworkSpec:
    """The same network, dense, with weights that its source has, where it gets others: random ones, if it can."""
    if spec.weights is not Weights.UPLOADED and not spec.origin:
        return spec
    weights = Weights.RANDOM if Weights.RANDOM in entry.weights else entry.weights[0]
    return replace(spec, name=spec.base, weights=weights, origin=None)


def put_uploaded(module: nn.Module, spec: NetworkSpec) -> None:
    """Give a network the weights that were taken in for it.

    Raises:
        NetworkError: if the server has forgotten them, or the network's code was changed since.
    """
    file = Path(spec.upload)
    if not (spec.upload and file.is_file()):
        raise NetworkError(f"This server no longer has the uploaded weights of '{spec.name}'. {AGAIN}")
    if found := checkpoints.put(module, file, file.name).misfits:
        raise NetworkError(
            f"The uploaded weights of '{spec.name}' no longer fit it: {'; '.join(map(str, found))}. {AGAIN}"
        )


def take(module: nn.Module, file: Path, name: str, strip: str, kept: Path) -> Fit:
    """Read an upload, and write what the network became of it, if all of it fits.

    Args:
        module: of the network that it is for, with any weights.
        file: the upload.
        name: what its owner calls it.
        strip: what stands before its names and not in the network.
        kept: where the safetensors goes.

    Raises:
        NetworkError: if it cannot be read, or holds more than tensors.
    """
    found = checkpoints.put(module, file, name, strip)
    if not found.misfits:
        kept.write_bytes(saved(module))
    return found
