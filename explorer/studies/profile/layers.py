"""Where a network's time goes, layer by layer, and what copying the same bytes takes; all in turns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.anatomy.counting import layer_rows
from explorer.anatomy.network import Network
from explorer.measuring.layer_clocks import LayerClocks, add, hooked
from explorer.measuring.timing import Turns, quotient, summarized
from explorer.studies.profile.machine import machine_of, yardsticks
from explorer.values import LayerTime, Machine, Variant, Waterfall

BLOCKS = 18  # parts of a network that a chart can name


@dataclass(frozen=True)
class Leaf:
    """A module that is timed as one."""

    name: str
    type: str
    macs: int
    bytes: int


class Clocked(LayerClocks):
    """A network with a clock at every leaf, that knows what its leaves compute and move."""

    def __init__(self, net: Network) -> None:
        super().__init__(net.module, net.example_input, dict(_leaves(net.module)))
        self.leaves = self._read(net)
        self._buffer = torch.ones(max((leaf.bytes // 8 for leaf in self.leaves), default=1))

    def copied(self) -> None:
        """Read half of the bytes that each leaf moves, and write them elsewhere: no arithmetic at all."""
        for leaf in self.leaves:
            self._buffer[: leaf.bytes // 8].clone()

    def _read(self, net: Network) -> tuple[Leaf, ...]:
        """What every leaf computes and moves, in the order of execution."""
        macs = {row.name: row.macs for row in layer_rows(net)}
        moved: dict[str, float] = {}

        def note(name: str, module: nn.Module, inputs: object, output: object, _taken: float) -> None:
            add(moved, name, _bytes((inputs, output, tuple(module.parameters()))))

        with torch.no_grad(), hooked(self.layers, note):
            self.plain()
        return tuple(
            Leaf(name, type(self.layers[name]).__name__, macs.get(name, 0), int(size))
            for name, size in moved.items()
        )


def waterfalls(nets: dict[Variant, Network], seconds: float) -> tuple[tuple[Waterfall, ...], Machine]:
    """Time every layer of the dense and of the pruned network, and the machine itself, all in turns."""
    clocks = {variant: Clocked(net) for variant, net in nets.items()}
    runs = {
        f"{variant} {what}": getattr(clock, what)
        for variant, clock in clocks.items()
        for what in ("plain", "clocked", "copied")
    }
    with torch.no_grad():
        turns = Turns(runs | yardsticks(), seconds)
    same = _untouched([clock.leaves for clock in clocks.values()])
    falls = tuple(_waterfall(variant, clock, turns, same) for variant, clock in clocks.items())
    return falls, machine_of(turns)


def _waterfall(variant: Variant, clock: Clocked, turns: Turns, same: frozenset[str]) -> Waterfall:
    passes, whole = clock.passes, turns.taken[f"{variant} clocked"]
    outside = [max(taken - sum(spent.values()), 0.0) for taken, spent in zip(whole, passes, strict=True)]
    within = [sum(taken for name, taken in spent.items() if name in same) for spent in passes]
    return Waterfall(
        variant=variant,
        layers=tuple(_layer(leaf, passes) for leaf in clock.leaves),
        blocks=tuple(_block(name, leaves, passes) for name, leaves in blocks(clock.leaves)),
        between=summarized(outside),
        hooked=turns.time(f"{variant} clocked"),
        plain=turns.time(f"{variant} plain"),
        untouched=quotient(within, whole),
        copying=turns.quotient(f"{variant} copied", f"{variant} plain"),
    )


def _layer(leaf: Leaf, passes: Sequence[Mapping[str, float]]) -> LayerTime:
    time = summarized([spent.get(leaf.name, 0.0) for spent in passes])
    return LayerTime(leaf.name, leaf.type, leaf.macs, leaf.bytes, time)


def _block(name: str, leaves: Sequence[Leaf], passes: Sequence[Mapping[str, float]]) -> LayerTime:
    time = summarized([sum(spent.get(leaf.name, 0.0) for leaf in leaves) for spent in passes])
    macs, size = sum(leaf.macs for leaf in leaves), sum(leaf.bytes for leaf in leaves)
    return LayerTime(name, leaves[0].type if len(leaves) == 1 else "block", macs, size, time)


def blocks(leaves: Sequence[Leaf], most: int = BLOCKS) -> list[tuple[str, list[Leaf]]]:
    """Leaves by the deepest scopes that give at most `most` parts, in the order of execution."""
    deepest = max((leaf.name.count(".") for leaf in leaves), default=0) + 1
    parts: dict[str, list[Leaf]] = {}
    for depth in range(deepest, 0, -1):
        parts = {}
        for leaf in leaves:
            parts.setdefault(".".join(leaf.name.split(".")[:depth]), []).append(leaf)
        if len(parts) <= most:
            break
    return list(parts.items())


def _untouched(lists: Sequence[Sequence[Leaf]]) -> frozenset[str]:
    """Leaves that compute and move the same in every network."""
    facts = [{(leaf.name, leaf.macs, leaf.bytes) for leaf in leaves} for leaves in lists]
    return frozenset(name for name, _, _ in set.intersection(*facts))


def _leaves(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Modules without children; attention counts as one, since its children do not run by themselves."""
    inside: tuple[str, ...] = ()
    for name, module in root.named_modules():
        if inside and name.startswith(inside):
            continue
        if isinstance(module, nn.MultiheadAttention):
            inside = (*inside, f"{name}.")
            yield name, module
        elif next(module.children(), None) is None:
            yield name, module


def _bytes(values: object) -> int:
    """Bytes of all tensors in nested tuples and lists."""
    if isinstance(values, Tensor):
        return math.prod(values.shape) * values.element_size()
    return sum(map(_bytes, values)) if isinstance(values, Iterable) else 0
