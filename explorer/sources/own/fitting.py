"""Whether the tensors of a checkpoint are those of a network, and every name that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor, nn

from explorer.values.errors import NetworkError
from explorer.values.own import Own

NAMED = 3  # of each sort, in the sentence
COUNTERS = (
    "num_batches_tracked"  # of BatchNorm, which files from before torch 0.4.1 lack; no figure depends on them
)


def check_fit(module: nn.Module, state: Mapping[str, Tensor], own: Own) -> None:
    """Refuse a checkpoint that is not exactly this network's.

    Raises:
        NetworkError: names what does not fit, and the prefix without which it would.
    """
    if misfits := list(_misfits(module.state_dict(), state)):
        raise NetworkError(
            f"The checkpoint '{own.checkpoint}' does not fit '{own.name}', so nothing of it is loaded: "
            f"{'; '.join(misfits)}. {_advice(module, state)}"
        )


def _misfits(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> Iterator[str]:
    held = {wanted[name].data_ptr() for name in wanted.keys() & state.keys()}
    missing = [
        name
        for name in wanted
        if name not in state and wanted[name].data_ptr() not in held and not name.endswith(COUNTERS)
    ]
    yield from _listed("missing", missing)
    yield from _listed("unexpected", [name for name in state if name not in wanted])
    other = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    yield from _listed(
        "of another shape", [f"{name} {_shape(state[name])} for {_shape(wanted[name])}" for name in other]
    )


def _listed(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"{len(names)} {what} ({', '.join(names[:NAMED])}{more})"


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a number"


def _advice(module: nn.Module, state: Mapping[str, Tensor]) -> str:
    for prefix in _prefixes(state):
        bare = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
        if not list(_misfits(module.state_dict(), bare)):
            return f"Without '{prefix}' before its names it fits: add --strip {prefix} behind --checkpoint."
    return "Give the checkpoint of this very network, or let a function of yours load what it should."


def _prefixes(state: Mapping[str, Tensor]) -> Iterator[str]:
    """What stands before all names, e.g. "module." and "module.net."; shortest first."""
    parts = next(iter(state), "").split(".")
    for count in range(1, len(parts)):
        prefix = ".".join(parts[:count]) + "."
        if all(name.startswith(prefix) for name in state):
            yield prefix
