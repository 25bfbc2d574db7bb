"""Copies of a network, also of one that keeps results of earlier calculations as attributes."""

from __future__ import annotations

import copy
import copyreg
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from explorer.values.errors import NetworkError, cause_of


def copied(module: nn.Module) -> nn.Module:
    """A copy that shares nothing with `module`.

    Raises:
        NetworkError: if something in it cannot be copied.
    """
    return _tied_again(module, _copied(module, _calculated(module)))


def sharing(module: nn.Module) -> nn.Module:
    """A copy with layers and buffers of its own that has its parameters in common with `module`.

    Whoever changes it puts new parameters in the place of the old and writes into none.
    """
    shared: dict[int, object] = {id(parameter): parameter for parameter in module.parameters()}
    return _copied(module, shared | _calculated(module))


def _tied_again(module: nn.Module, copy_of_it: nn.Module) -> nn.Module:
    """Parameters that are several views of the same numbers are that in the copy, too: torch copies each by itself."""
    own = dict(copy_of_it.named_parameters())
    first: dict[tuple[int, torch.Size], nn.Parameter] = {}
    for name, parameter in module.named_parameters():
        if parameter.numel():
            known = first.setdefault((parameter.data_ptr(), parameter.shape), own[name])
            own[name].data = known.data
    return copy_of_it


def _copied(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    known = dict(memo)
    try:
        _fill(module, memo)
        return copy.deepcopy(module, memo)
    except Exception as error:  # whatever a stranger's attributes raise, the cause is told
        raise NetworkError(
            f"{_not_copied(module, known)} cannot be copied ({cause_of(error)}), and the explorer only ever prunes "
            "copies. Take it out of the network's attributes, or give its class a __deepcopy__."
        ) from error


def _fill(module: nn.Module, memo: dict[int, Any]) -> None:
    """Copy plain modules and buffers at once, in a fraction of the time; the rest finds these copies in `memo`."""
    memo |= {id(buffer): buffer.clone() for buffer in _plain_buffers(module)}
    layers = [layer for layer in module.modules() if id(layer) not in memo and _is_plain(layer)]
    memo |= {id(layer): type(layer).__new__(type(layer)) for layer in layers}
    for layer in reversed(layers):  # what a layer holds before itself
        memo[id(layer)].__setstate__(
            {name: _attribute(name, value, memo) for name, value in layer.__getstate__().items()}
        )


def _attribute(name: str, value: Any, memo: dict[int, Any]) -> Any:
    if type(value) in _PLAIN:
        return value
    return type(value)() if name in _HOOKS and not value else copy.deepcopy(value, memo)


def _is_plain(layer: nn.Module) -> bool:
    """Whether a module is copied attribute by attribute."""
    kind: Any = type(layer)
    return _has_plain_copies(kind) and "__deepcopy__" not in vars(layer)


@cache
def _has_plain_copies(kind: type[nn.Module]) -> bool:
    own = ("__reduce_ex__", "__reduce__", "__getstate__")
    return (
        all(getattr(kind, name, None) is getattr(nn.Module, name, None) for name in own)
        and not any(hasattr(kind, name) for name in ("__deepcopy__", "__getnewargs__", "__getnewargs_ex__"))
        and not any("__slots__" in vars(base) for base in kind.__mro__)
        and kind not in copyreg.dispatch_table
    )


def _plain_buffers(module: nn.Module) -> list[Tensor]:
    """Buffers that nothing else looks into, and that hold nothing but their numbers."""
    buffers = {id(buffer): buffer for layer in module.modules() for buffer in _buffers(layer)}
    plain = [one for one in (*buffers.values(), *module.parameters()) if _is_own(one)]
    looked_into = Counter(one.untyped_storage().data_ptr() for one in plain)
    return [
        one
        for one in plain
        if id(one) in buffers and looked_into[one.untyped_storage().data_ptr()] == 1 and not vars(one)
    ]


def _is_own(tensor: Tensor) -> bool:
    return (
        type(tensor) in (Tensor, nn.Parameter) and tensor.layout is torch.strided and tensor.is_contiguous()
    )


def _not_copied(module: nn.Module, memo: dict[int, object]) -> str:
    """The first attribute, or parameter, that fails on its own."""
    for path, layer in module.named_modules():
        for name, value in {**vars(layer), **layer._parameters, **layer._buffers}.items():
            if name in _NO_RESULTS or name == "_buffers" or isinstance(value, nn.Module):
                continue
            try:
                copy.deepcopy(value, dict(memo))
            except Exception:  # that is what is asked
                return f"'{f'{path}.{name}'.lstrip('.')}' ({type(value).__name__})"
    return "This network"


def _calculated(module: nn.Module) -> dict[int, object]:
    """Tensors that are results of a calculation, which torch does not copy: by id, what to have instead."""
    return {
        id(tensor): tensor.detach().clone()
        for layer in module.modules()
        for name, value in vars(layer).items()
        if name not in _NO_RESULTS and not isinstance(value, _PLAIN)
        for tensor in _held(value)
        if tensor.grad_fn is not None
    }


@contextmanager
def state_kept(module: nn.Module) -> Iterator[None]:
    """Put back what a network changes of its buffers and attributes while it runs inside the ``with`` block."""
    before = [
        (layer, {**vars(layer)}, {**layer._buffers}, [(b, b._version, b.clone()) for b in _buffers(layer)])
        for layer in module.modules()
        if not isinstance(layer, torch.jit.ScriptModule)  # these keep all of it in C++
    ]
    try:
        yield
    finally:
        for layer, attributes, buffers, values in before:
            made = layer._modules.keys() | layer._parameters.keys()  # on the first run, in the place of None
            vars(layer).clear()
            vars(layer).update({name: value for name, value in attributes.items() if name not in made})
            layer._buffers.clear()
            layer._buffers.update(buffers)
            for buffer, version, value in values:
                if buffer._version != version:
                    buffer.detach().copy_(value)


def _buffers(layer: nn.Module) -> list[Tensor]:
    return [buffer for buffer in layer._buffers.values() if buffer is not None]


_NO_RESULTS = {name for name in vars(nn.Module()) if name != "_buffers"}
_PLAIN = (bool, int, float, str, type(None))
_HOOKS = {name for name, value in vars(nn.Module()).items() if isinstance(value, (dict, set))}


def _held(values: object) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _held(value)
    elif isinstance(values, Mapping):
        yield from _held(list(values.values()))
