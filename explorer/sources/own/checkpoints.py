"""Weights of one's own from a file. Nothing is loaded that does not fit, and nothing but tensors is ever read."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from explorer.process.limits import is_out_of_memory
from explorer.sources.own.fitting import fit, stripped
from explorer.values.checkpoints import INSTEAD, SAFE, Fit, ending
from explorer.values.errors import NetworkError, cause_of, class_and_cause
from explorer.values.loose import shown
from explorer.values.own import SIZED, Own, folder

INSIDE = ("state_dict", "model_state_dict", "model")  # where training scripts put the tensors
SHOWN = 6  # names of what else a file holds


def load(module: nn.Module, own: Own) -> None:
    """Put the checkpoint of a network into it.

    Raises:
        NetworkError: if the file cannot be read, holds more than tensors, or does not fit; names what does not.
    """
    assert own.checkpoint
    file = folder() / own.checkpoint
    if not file.is_file():
        raise NetworkError(
            f"There is no checkpoint '{file}'. Correct --checkpoint; paths count from where the app is started."
        )
    found = put(module, file, file.name, own.strip or "")
    if found.misfits:
        raise NetworkError(
            f"The checkpoint '{own.checkpoint}' does not fit '{own.name}', so nothing of it is loaded: {found.told}. "
            f"{_advice(found, own)}"
        )


def put(module: nn.Module, file: Path, name: str, strip: str = "") -> Fit:
    """Put the tensors of a file into a network, if all of them fit.

    Args:
        module: changed in place, or not at all.
        file: may be anything.
        name: what sentences call it.
        strip: what stands before its names and not in the network.

    Raises:
        NetworkError: if the file cannot be read, or holds more than tensors.
    """
    state = read(file, name)
    if strip and not any(tensor.startswith(strip) for tensor in state):
        raise NetworkError(
            f"No name in the checkpoint '{name}' begins with '{strip}', so it cannot be stripped. They are like "
            f"'{next(iter(state), '')}': leave --strip out, or correct it."
        )
    state = stripped(state, strip)
    found = fit(module, state)
    if not found.misfits:
        _check_numbers(module, state, name)
        module.load_state_dict(state, strict=False)  # what is missing is tied to what is there
    return found


def _check_numbers(module: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    for weight, _ in module.named_parameters():
        if weight in state and not torch.isfinite(state[weight].float()).all():  # of 8 bits, too
            raise NetworkError(
                f"The checkpoint '{name}' holds NaN or infinite values in '{weight}', so no weight can be ranked. Give "
                "weights that are all finite numbers."
            )


def read(file: Path, name: str) -> Mapping[str, Tensor]:
    """The tensors of a file by their names; raises as `put` does."""
    kind = ending(name)
    if not file.stat().st_size:
        raise NetworkError(
            f"The checkpoint '{name}' is empty: it holds 0 bytes. Save it anew, or copy it again."
        )
    return _safe(file, name) if kind == SAFE else _pickled(file, name)


def _advice(found: Fit, own: Own) -> str:
    if found.prefix:
        return f"Without '{found.prefix}' before its names it fits: add --strip {found.prefix} behind --checkpoint."
    if own.kind in SIZED and {one.what for one in found.misfits} == {"of another shape"}:
        return "Was it trained for other classes? Say for how many: --classes N behind its --model."
    return "Give the checkpoint of this very network, or let a function of yours load what it should."


def _safe(file: Path, name: str) -> Mapping[str, Tensor]:
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise NetworkError(
            f"The checkpoint '{name}' cannot be read: {cause_of(error)}. The file is damaged or no safetensors."
        ) from error


def _pickled(file: Path, name: str) -> Mapping[str, Tensor]:
    _check_archive(file, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # torch doubts newer pickles, which it then reads or refuses
            found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise NetworkError(
            f"The checkpoint '{name}' is a pickle that holds more than tensors, and could hold code, so it is not "
            f"loaded. {INSTEAD}"
        ) from error
    except Exception as error:  # whatever a damaged file makes torch raise
        if is_out_of_memory(error):
            raise
        raise NetworkError(
            f"The checkpoint '{name}' cannot be read ({class_and_cause(error)}): it is damaged, or torch.save did not "
            f"write it. {INSTEAD}"
        ) from error
    return _tensors(found, name)


def _check_archive(file: Path, name: str) -> None:
    """Refuse what torch.save never writes: programs, packed parts, which can become any size, and paths that lead out.

    Nothing of the archive is unpacked for that, nor written to the disk ever.
    """
    if not zipfile.is_zipfile(file):
        return  # as torch wrote before 1.6
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NetworkError(f"The checkpoint '{name}' cannot be read: {cause_of(error)}. {INSTEAD}") from error
    if any(part.filename.endswith("constants.pkl") for part in parts):
        raise NetworkError(
            f"The checkpoint '{name}' is TorchScript, a program, which is never loaded. {INSTEAD}"
        )
    if any(_leads_out(part.filename) for part in parts):
        raise NetworkError(
            f"The checkpoint '{name}' names paths outside of itself, which torch.save never does, so it is not loaded. "
            f"{INSTEAD}"
        )
    if sum(part.file_size for part in parts) > file.stat().st_size:
        raise NetworkError(
            f"The checkpoint '{name}' is packed and would grow when it is read, as torch.save never writes it, so it "
            f"is not loaded. {INSTEAD}"
        )


def _leads_out(path: str) -> bool:
    return path.startswith(("/", "\\")) or ".." in PurePosixPath(path.replace("\\", "/")).parts


def _tensors(found: Any, name: str) -> Mapping[str, Tensor]:
    """The state dict itself, the one that stands inside where training scripts put it, or the only one inside."""
    if _is_state(found):
        return cast(Mapping[str, Tensor], found)
    held = found if isinstance(found, Mapping) else {}
    states = {str(part): one for part, one in held.items() if _is_state(one)}
    usual = [part for part in INSIDE if part in states] or list(states)
    if len(states) > 1 and usual[0] not in INSIDE:
        raise NetworkError(
            f"The checkpoint '{name}' holds several sets of tensors: {', '.join(usual[:SHOWN])}. Save the one that you "
            f"mean. {INSTEAD}"
        )
    if usual:
        return cast(Mapping[str, Tensor], states[usual[0]])
    inside = ", ".join(shown(part) for part in list(held)[:SHOWN]) or shown(found)
    raise NetworkError(f"The checkpoint '{name}' holds no tensors by name, but {inside}. {INSTEAD}")


def _is_state(found: Any) -> bool:
    """Whether it is tensors by name."""
    return (
        isinstance(found, Mapping)
        and bool(found)
        and all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in found.items())
    )
