"""Ten groups that do not hold in a network of ResNet-50's size: how long until it is ready."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.measuring import title
from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.measuring.timing import once
from explorer.values import ChannelOptions

NETWORK, FAILING = "resnet50", 10


class _Turned(torch.autograd.Function):
    """Channels meet others where autograd cannot see it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x + x.flip(1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad + grad.flip(1)


class _Mixing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = _Turned.apply(torch.relu(x))
        return found


def main() -> None:
    """Print one row, on one thread."""
    torch.set_num_threads(1)
    title(
        f"{FAILING} groups of {NETWORK} whose channels meet others unseen, found by halving; one thread",
        "network",
        "left whole",
        "ready s",
        "of the processor s",
        "times as long",
    )
    plain, mixed = _ready(sources.load(NETWORK)), _ready(_mixed())
    for name, (whole, seconds, busy) in ((NETWORK, plain), (f"{NETWORK}, mixed", mixed)):
        print(f"| {name} | {whole} | {seconds:.1f} | {busy:.1f} | {busy / plain[2]:.1f}× |")


def _mixed() -> Network:
    """The same network, with channels mixed behind the first norm of its first ten blocks."""
    net = sources.load(NETWORK)
    blocks: list[Any] = [block for block in net.module.modules() if hasattr(block, "conv3")]
    for block in blocks[:FAILING]:
        block.bn1 = nn.Sequential(block.bn1, _Mixing())
    return net


def _ready(net: Network) -> tuple[int, float, float]:
    """How many groups stay whole, and the seconds until plans can be asked for, and those of the processor."""
    planner = DepGraphPlanner(Bench(net), ChannelOptions())
    busy = time.process_time()
    seconds = once(lambda: list(planner.rank()))
    return len(planner.left_whole), seconds, time.process_time() - busy
