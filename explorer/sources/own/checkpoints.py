"""Weights of one's own from a file. Nothing is loaded that does not fit, and nothing but tensors is ever read."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from explorer.process.limits import is_out_of_memory
from explorer.sources.own.fitting import check_fit
from explorer.values.errors import NetworkError
from explorer.values.own import Own, folder

PICKLED = (".pt", ".pth", ".bin", ".ckpt")
INSIDE = ("state_dict", "model_state_dict", "model")  # where training scripts put the tensors
INSTEAD = "Hand over the tensors: safetensors.torch.save_file(module.state_dict(), 'weights.safetensors')."


def load(module: nn.Module, own: Own) -> None:
    """Put the checkpoint of a network into it.

    Raises:
        NetworkError: if the file cannot be read, holds more than tensors, or does not fit; names what does not.
    """
    assert own.checkpoint
    file = folder() / own.checkpoint
    state = read(file)
    if own.strip:
        state = {name.removeprefix(own.strip): tensor for name, tensor in state.items()}
    check_fit(module, state, own)
    module.load_state_dict(state, strict=False)  # what is missing is tied to what is there


def read(file: Path) -> Mapping[str, Tensor]:
    """The tensors of a file by their names; raises as `load` does."""
    if not file.is_file():
        raise NetworkError(
            f"There is no checkpoint '{file}'. Correct --checkpoint; paths count from where the app is started."
        )
    if file.suffix == ".safetensors":
        return _safe(file)
    if file.suffix in PICKLED:
        return _pickled(file)
    raise NetworkError(
        f"A checkpoint must be .safetensors, .pt or .pth, got '{file.name}'. "
        + (f"A .pt2 holds a program, which is never loaded. {INSTEAD}" if file.suffix == ".pt2" else INSTEAD)
    )


def _safe(file: Path) -> Mapping[str, Tensor]:
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise NetworkError(
            f"The checkpoint '{file.name}' cannot be read: {_first(error)}. The file is damaged or no safetensors."
        ) from error


def _pickled(file: Path) -> Mapping[str, Tensor]:
    if _is_scripted(file):
        raise NetworkError(
            f"The checkpoint '{file.name}' is TorchScript, a program, which is never loaded. {INSTEAD}"
        )
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise NetworkError(
            f"The checkpoint '{file.name}' is a pickle that holds more than tensors, and could hold code, so it is not "
            f"loaded. {INSTEAD}"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        if is_out_of_memory(error):
            raise
        raise NetworkError(
            f"The checkpoint '{file.name}' cannot be read: {_first(error)}. {INSTEAD}"
        ) from error
    return _tensors(found, file)


def _is_scripted(file: Path) -> bool:
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(name.endswith("constants.pkl") for name in archive.namelist())


def _tensors(found: Any, file: Path) -> Mapping[str, Tensor]:
    """The state dict itself, or the one that stands inside where training scripts put it."""
    inside = [found[name] for name in INSIDE if isinstance(found, Mapping) and name in found]
    for state in (found, *inside):
        if isinstance(state, Mapping) and state and all(isinstance(part, Tensor) for part in state.values()):
            return state
    raise NetworkError(
        f"The checkpoint '{file.name}' holds no tensors by name, alone or under {', '.join(INSIDE)}. {INSTEAD}"
    )


def _first(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(". :")
