"""The dense and the pruned network under other settings: more images at once, more threads, another layout."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, apart, handed, stacked
from explorer.anatomy.network import Network
from explorer.measuring.timing import Turns, once, quotient
from explorer.values import Interval, SweepPoint

BATCHES = (1, 2, 4, 16, 64, 256)


def batch_sweep(net: Network, pruned: nn.Module, seconds: float) -> tuple[tuple[SweepPoint, ...], Interval]:
    """From one image at once to as many as there is time for, two at least; all in turns.

    Returns:
        A point for each, and the share of the pruned network's time for one image that does not grow with the
        number of images, going by the most.
    """
    batches = _fitting(net, seconds)
    images = {batch: repeated(net, batch) for batch in batches}
    with torch.no_grad():
        turns = Turns(
            {
                f"{what} {batch}": partial(handed, module, images[batch])
                for batch in batches
                for what, module in (("dense", net.module), ("pruned", pruned))
            },
            2 * seconds,
        )
    most = batches[-1]
    each = quotient(turns.taken[f"pruned {most}"], [most * taken for taken in turns.taken["pruned 1"]])
    points = tuple(_point(turns, f"batch of {batch}", batch, f" {batch}") for batch in batches)
    most_saved = 1 - 1 / most  # were the whole time the same however many there are
    bounds = ((1 - share) / most_saved for share in (each.value, each.high, each.low))
    return points, Interval(*bounds)


def _fitting(net: Network, seconds: float) -> list[int]:
    """One pass of the most takes a small part of the time there is, going by the pass before it."""
    fitting: list[int] = []
    taken = 0.0
    for batch in BATCHES:
        if batch > 2 and taken * batch / fitting[-1] > seconds / 8:
            break
        images = repeated(net, batch)
        with torch.no_grad():
            taken = min(once(partial(handed, net.module, images)) for _ in range(3))
        fitting.append(batch)
    return fitting


def repeated(net: Network, batch: int) -> Example:
    """The example input, so many times over."""
    return stacked([net.example_input] * batch)


def thread_sweep(net: Network, pruned: nn.Module, seconds: float) -> tuple[SweepPoint, ...]:
    """One thread, two, and so on up to the machine's cores; all settings in turns."""
    before = torch.get_num_threads()
    counts = [count for count in (1, 2, 4, 8) if count <= (os.cpu_count() or 1)]
    runs = {
        f"{what} {count}": partial(_with_threads, count, module, apart(net.example_input))
        for count in counts
        for what, module in (("dense", net.module), ("pruned", pruned))
    }
    try:
        with torch.no_grad():
            turns = Turns(runs, seconds)
    finally:
        torch.set_num_threads(before)
    names = {count: "1 thread" if count == 1 else f"{count} threads" for count in counts}
    return tuple(_point(turns, names[count], count, f" {count}") for count in counts)


def layout_sweep(net: Network, pruned: nn.Module, seconds: float) -> tuple[SweepPoint, ...]:
    """Channels first, as torch lays tensors out, and channels last; empty without images."""
    if not isinstance(net.example_input, Tensor) or net.example_input.dim() != 4:
        return ()
    images = net.example_input.contiguous(memory_format=torch.channels_last)
    runs = {}
    for what, module in (("dense", net.module), ("pruned", pruned)):
        runs[f"{what} channels first"] = partial(module, net.example_input)
        runs[f"{what} channels last"] = partial(_channels_last(module), images)
    with torch.no_grad():
        turns = Turns(runs, seconds)
    return tuple(_points(turns, ("channels first", "channels last")))


def _points(turns: Turns, names: tuple[str, ...]) -> Iterator[SweepPoint]:
    for name in names:
        yield _point(turns, name, 0, f" {name}")


def _point(turns: Turns, setting: str, number: int, suffix: str) -> SweepPoint:
    dense, pruned = f"dense{suffix}", f"pruned{suffix}"
    return SweepPoint(setting, number, turns.time(dense), turns.time(pruned), turns.quotient(dense, pruned))


def _channels_last(module: nn.Module) -> nn.Module:
    copied: nn.Module = copy.deepcopy(module).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return copied


def _with_threads(count: int, module: nn.Module, images: Example) -> None:
    torch.set_num_threads(count)
    handed(module, images)
