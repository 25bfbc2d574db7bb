"""Put what was pruned into a dense network of the same class. This file is also the first part of `load.py`.

It needs torch and safetensors. It imports nothing that the folder names, and unpickles nothing.
"""

import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

WEIGHTS, STRUCTURE = "model.safetensors", "structure.json"
COMPRESSED = "model.compressed.safetensors"  # read where WEIGHTS is not there
BITS, VALUES, SHAPE = ":bits", ":values", ":shape"  # of a tensor with many zeros


def rebuild(dense: nn.Module, folder: Path) -> nn.Module:
    """Give `dense` the shapes and the weights of the pruned network, in place, and return it in eval mode.

    Raises:
        ValueError: if the folder belongs to a network of another class or size.
    """
    structure = json.loads((folder / STRUCTURE).read_text(encoding="utf-8"))
    plain = (folder / WEIGHTS).exists() or not (folder / COMPRESSED).exists()
    held = load_file(folder / WEIGHTS) if plain else unpacked(load_file(folder / COMPRESSED))
    return changed(dense, structure["modules"], held)


def changed(dense: nn.Module, numbers: dict[str, dict[str, Any]], held: dict[str, Tensor]) -> nn.Module:
    """The same with what the folder holds: numbers by module, and tensors by name."""
    modules = dict(dense.named_modules())
    for path, attributes in numbers.items():
        for name, value in attributes.items():
            _set_number(modules.get(path), path, name, value)
    _put(dense, held)
    return dense.eval()


def unpacked(held: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of the compressed file as they were: a bit for each value says whether it is zero."""
    found = {name: tensor for name, tensor in held.items() if not name.endswith((BITS, VALUES, SHAPE))}
    for name in (name.removesuffix(BITS) for name in held if name.endswith(BITS)):
        sizes, values = held[name + SHAPE].tolist(), held[name + VALUES]
        flat = torch.zeros(math.prod(sizes), dtype=values.dtype)
        places = (held[name + BITS].unsqueeze(1) >> torch.arange(8)) & 1
        flat[places.flatten()[: flat.numel()].bool()] = values
        found[name] = flat.reshape(sizes)
    return found


def save(net: nn.Module, folder: Path) -> None:
    """Write the weights as they are now, such as after fine-tuning, over those in the folder: all or nothing."""
    new = folder / f".{WEIGHTS}.{os.getpid()}"
    try:
        save_file(tensors(net), new)
        os.replace(new, folder / WEIGHTS)
    finally:
        new.unlink(missing_ok=True)


def tensors(net: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name; one that several layers share under its first name only."""
    found = {id(tensor): (name, tensor) for name, tensor in reversed(_stored(net))}
    return {name: tensor.detach().clone().contiguous() for name, tensor in reversed(found.values())}


def _stored(net: nn.Module) -> list[tuple[str, Tensor]]:
    """Every name of the state dict; a parameter that several layers share has several."""
    held = net.state_dict(keep_vars=True).items()
    return [(name, tensor) for name, tensor in held if isinstance(tensor, Tensor)]


def _set_number(module: nn.Module | None, path: str, name: str, value: Any) -> None:
    """Replace a number, or a tuple of numbers, that the module already has; nothing else is ever set."""
    old: Any = None if module is None else vars(module).get(name)
    sizes = isinstance(old, (tuple, list)) and isinstance(value, list)
    if not sizes and not (isinstance(old, (int, float)) and isinstance(value, (int, float))):
        raise ValueError(
            f"The dense network has no number '{name}' in '{path}', so the folder belongs to another class. "
            "Hand over the network that was pruned."
        )
    setattr(module, name, type(old)(value) if sizes else value)


def _put(dense: nn.Module, held: dict[str, Tensor]) -> None:
    places: dict[int, list[tuple[dict[str, Any], str]]] = {}
    for module in dense.modules():
        for store in (module._parameters, module._buffers):
            for name, tensor in store.items():
                places.setdefault(id(tensor), []).append((store, name))
    known = dict(_stored(dense))
    done = {id(known[name]) for name in held if name in known}
    apart = [name for name in held if name not in known]
    apart += [name for name, tensor in known.items() if id(tensor) not in done]
    if apart:
        raise ValueError(
            f"'{apart[0]}' is in the folder or in the dense network only, so they do not belong together. "
            "Hand over the network that was pruned."
        )
    for name, tensor in held.items():
        old = known[name]
        new: Any = tensor
        if isinstance(old, nn.Parameter):
            new = nn.Parameter(tensor, old.requires_grad)
        for store, key in places[id(old)]:
            store[key] = new
