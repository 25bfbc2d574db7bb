"""A small DenseNet: what concatenation at an offset does to pruning."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.sources.blocks import numbered


class DenseLayer(nn.Module):
    """Append `growth` new channels to those that came in.

    Source: Huang et al. 2016, arXiv:1608.06993.
    """

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(inputs, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(self.relu(self.bn(x)))], dim=1)


class Transition(nn.Module):
    """Mix all channels down to fewer, and halve the image's sides."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.conv(self.relu(self.bn(x))))


def _dense_block(inputs: int, growth: int, layers: int) -> nn.Sequential:
    return numbered("layer", [DenseLayer(inputs + before * growth, growth) for before in range(layers)])


class DigitsDenseNet(nn.Module):
    """Three dense blocks of two or three layers, at 8×8, 4×4 and 2×2 pixels."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.dense1 = _dense_block(16, growth=8, layers=2)
        self.transition1 = Transition(16 + 2 * 8, 32)
        self.dense2 = _dense_block(32, growth=12, layers=3)
        self.transition2 = Transition(32 + 3 * 12, 48)
        self.dense3 = _dense_block(48, growth=24, layers=3)
        self.bn = nn.BatchNorm2d(48 + 3 * 24)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(48 + 3 * 24, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transition1(self.dense1(self.stem(x)))
        x = self.dense3(self.transition2(self.dense2(x)))
        return self.head(self.pool(self.relu(self.bn(x))).flatten(1))
