"""Clocks at the layers of a network, in forward hooks.

A clock costs time itself, so a network can be run with its clocks and without: whole passes are timed without any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter

from torch import nn

from explorer.anatomy.inputs import Example, apart, handed

After = Callable[[str, nn.Module, object, object, float], None]  # name, module, inputs, output, seconds


class LayerClocks:
    """A network with clocks at some of its layers, that can be wound up for a pass and taken off again."""

    def __init__(self, module: nn.Module, example_input: Example, layers: Mapping[str, nn.Module]) -> None:
        """Read nothing yet.

        Args:
            module: the whole network.
            example_input: of every pass.
            layers: those that get a clock, by name.
        """
        self.layers = layers
        self._module = module
        self._example_input = apart(example_input)  # some networks write into theirs
        self._passes: list[dict[str, float]] = []

    def plain(self) -> None:
        """One pass without clocks."""
        handed(self._module, self._example_input)

    def clocked(self) -> None:
        """One pass with all clocks; what they show is kept."""
        spent: dict[str, float] = {}
        with hooked(self.layers, lambda name, _module, _inputs, _output, taken: add(spent, name, taken)):
            self.plain()
        self._passes.append(spent)

    @property
    def passes(self) -> Sequence[Mapping[str, float]]:
        """Seconds by layer in every clocked pass but the first, which `Turns` does not count either."""
        return self._passes[1:]


@contextmanager
def hooked(layers: Mapping[str, nn.Module], after: After) -> Iterator[None]:
    """Tell `after` of every layer that has run, for as long as the ``with`` block lasts."""
    starts: dict[str, float] = {}
    handles = []
    for name, layer in layers.items():
        handles.append(layer.register_forward_pre_hook(partial(_start, starts, name)))
        handles.append(layer.register_forward_hook(partial(_stop, starts, name, after)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def add(sums: dict[str, float], name: str, number: float) -> None:
    """Add to one of the sums: a layer may run more than once in a pass."""
    sums[name] = sums.get(name, 0.0) + number


def _start(starts: dict[str, float], name: str, *_: object) -> None:
    starts[name] = perf_counter()


def _stop(
    starts: dict[str, float], name: str, after: After, module: nn.Module, inputs: object, output: object
) -> None:
    after(name, module, inputs, output, perf_counter() - starts[name])
