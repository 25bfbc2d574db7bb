"""Whether the tensors of a checkpoint are those of a network, and every name that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from explorer.values.checkpoints import LISTED, Fit, Misfit

# Of BatchNorm, which files from before torch 0.4.1 lack; no figure depends on them
COUNTERS = "num_batches_tracked"

LONGEST = 100  # characters of a name that is repeated


def fit(module: nn.Module, state: Mapping[str, Tensor]) -> Fit:
    """What keeps a checkpoint from being exactly this network's, and the prefix without which it would be."""
    wanted = module.state_dict()
    misfits = tuple(_misfits(wanted, state))
    return Fit(len(state), misfits, _prefix(wanted, state) if misfits else "")


def stripped(state: Mapping[str, Tensor], prefix: str) -> Mapping[str, Tensor]:
    """The same tensors, by names without the prefix."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items()}


def _misfits(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> Iterator[Misfit]:
    held = {wanted[name].data_ptr() for name in wanted.keys() & state.keys()}
    missing = [
        name
        for name in wanted
        if name not in state and wanted[name].data_ptr() not in held and not name.endswith(COUNTERS)
    ]
    yield from _misfit("missing", missing)
    yield from _misfit("unexpected", [name for name in state if name not in wanted])
    both = [name for name in wanted if name in state]
    odd = [name for name in both if not _is_plain(state[name], wanted[name])]
    yield from _misfit("stored without plain numbers", odd)
    other = [name for name in both if name not in odd and state[name].shape != wanted[name].shape]
    yield from _misfit(
        "of another shape", [f"{name} {_shape(state[name])} for {_shape(wanted[name])}" for name in other]
    )


def _misfit(what: str, names: Sequence[str]) -> Iterator[Misfit]:
    if names:
        yield Misfit(what, len(names), tuple(name[:LONGEST] for name in names[:LISTED]))


def _is_plain(tensor: Tensor, wanted: Tensor) -> bool:
    """Whether a network can take the numbers as they are.

    None on the meta device, sparse, nested or quantised, complex ones, or whole ones in the place of fractions.
    """
    odd = tensor.is_nested or tensor.is_meta or tensor.is_quantized or tensor.is_complex()
    whole = wanted.is_floating_point() and not tensor.is_floating_point()
    return not odd and not whole and tensor.layout is torch.strided


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a number"


def _prefix(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> str:
    fitting = (one for one in _prefixes(state) if not list(_misfits(wanted, stripped(state, one))))
    return next(fitting, "")


def _prefixes(state: Mapping[str, Tensor]) -> Iterator[str]:
    """What stands before all names, e.g. "module." and "module.net."; shortest first."""
    parts = next(iter(state), "").split(".")
    for count in range(1, len(parts)):
        prefix = ".".join(parts[:count]) + "."
        if all(name.startswith(prefix) for name in state):
            yield prefix
