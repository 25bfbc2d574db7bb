"""A small network of named blocks, as ResNets have them: every group and cost is known by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.network import Network

PARAMS = 32 + 584 + 584 + 108 + 208 + 68  # stem, layer1.0, layer1.2, layer2.0, layer2.2, head
LAYER1_0 = 8 * 9 + 1 + 8 * 9  # parameters of one channel of layer1.0: its filter, its bias, and what reads it
STEM = (
    4 + 8 * 9 + 8 * 9 + 1 + 12
)  # of stem: filter and bias, read by layer1.0, the sum's layer1.2, read by layer2.0


class Blocks(nn.Module):
    """Stem of 8, a residual block (8 inside, 8 in the sum with the stem), a block of 12 and 16, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.layer1 = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
        self.layer2 = nn.Sequential(nn.Conv2d(8, 12, 1), nn.ReLU(), nn.Conv2d(12, 16, 1))
        self.head = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(self.layer2(x + self.layer1(x)).mean((2, 3)))


def blocks() -> Blocks:
    """The module, with the same weights every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Blocks()


def image(batch: int = 1) -> Tensor:
    """Images of 8 x 8."""
    return torch.randn(batch, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def wrapped(module: nn.Module | None = None) -> Network:
    """That network, taken in."""
    return explorer.wrap(module or blocks(), image(), name="blocks")
