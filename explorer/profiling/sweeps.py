"""The dense and the pruned network under other settings: more images at once, more threads, another layout."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from explorer.network import Network
from explorer.schema import SweepPoint, Timing
from explorer.timing import in_turns, once

BATCHES = (1, 2, 4, 16, 64, 256)

Runs = dict[tuple[object, str], Callable[[], object]]  # (setting, which network) -> one pass


def batch_sweep(net: Network, pruned: nn.Module, seconds: float) -> tuple[SweepPoint, ...]:
    """From one image at once to as many as five rounds have time for; two points at least."""
    with torch.no_grad():
        net.module(net.example_input)
        single = once(partial(net.module, net.example_input))
    fitting = [batch for batch in BATCHES if batch <= 2 or batch * single < seconds / 8]
    return tuple(_batch_point(net, pruned, batch, seconds / 2) for batch in fitting)


def _batch_point(net: Network, pruned: nn.Module, batch: int, seconds: float) -> SweepPoint:
    images = net.example_input.repeat(batch, *[1] * (net.example_input.dim() - 1))
    runs = {"dense": partial(net.module, images), "pruned": partial(pruned, images)}
    with torch.no_grad():
        times = in_turns(runs, seconds=seconds)
    return SweepPoint(f"{batch} at once", batch, times["dense"], times["pruned"])


def thread_sweep(net: Network, pruned: nn.Module, seconds: float) -> tuple[SweepPoint, ...]:
    """One thread, two, and so on up to the machine's cores; all settings in turns."""
    before = torch.get_num_threads()
    cores = os.cpu_count() or 1
    counts = [count for count in (1, 2, 4, 8) if count <= cores]
    runs: Runs = {
        (count, what): partial(_with_threads, count, module, net.example_input)
        for count in counts
        for what, module in (("dense", net.module), ("pruned", pruned))
    }
    try:
        times = _timed(runs, seconds)
    finally:
        torch.set_num_threads(before)
    return tuple(
        SweepPoint(
            "1 thread" if count == 1 else f"{count} threads",
            count,
            times[count, "dense"],
            times[count, "pruned"],
        )
        for count in counts
    )


def layout_sweep(net: Network, pruned: nn.Module, seconds: float) -> tuple[SweepPoint, ...]:
    """Channels first, as torch lays tensors out, and channels last; empty without images."""
    if net.example_input.dim() != 4:
        return ()
    last = torch.channels_last
    images = net.example_input.contiguous(memory_format=last)
    names = ("channels first", "channels last")
    runs: Runs = {}
    for what, module in (("dense", net.module), ("pruned", pruned)):
        runs[names[0], what] = partial(module, net.example_input)
        runs[names[1], what] = partial(_channels_last(module), images)
    times = _timed(runs, seconds)
    return tuple(SweepPoint(name, 0, times[name, "dense"], times[name, "pruned"]) for name in names)


def _channels_last(module: nn.Module) -> nn.Module:
    copied: nn.Module = copy.deepcopy(module).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return copied


def _with_threads(count: int, module: nn.Module, images: Tensor) -> None:
    torch.set_num_threads(count)
    module(images)


def _timed(runs: Runs, seconds: float) -> dict[tuple[object, str], Timing]:
    with torch.no_grad():
        times = in_turns({f"{key}": run for key, run in runs.items()}, seconds=seconds)
    return {key: times[f"{key}"] for key in runs}
