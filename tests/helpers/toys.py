"""Toy networks whose coupled groups and costs are known by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Chain(nn.Module):
    """Conv -> BatchNorm -> ReLU -> flatten 2x2 -> Linear."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.bn = nn.BatchNorm2d(6)
        self.relu = nn.ReLU()
        self.head = nn.Linear(6 * 2 * 2, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.bn(self.conv(x))).flatten(1))


class Residual(nn.Module):
    """Two branches summed: stem and body must lose the same channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.body = nn.Conv2d(8, 8, 3, padding=1)
        self.after = nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.after(x + torch.relu(self.body(x))).mean((2, 3))


class Turned(torch.autograd.Function):
    """Channel k becomes channel -k, out of sight: whoever follows channels must take it for elementwise."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return x.flip(1)

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return gradient.flip(1)


class Flipped(nn.Module):
    """Channel k of one branch meets channel 7-k of the other; the tracer takes the flip for elementwise."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 1)
        self.second = nn.Conv2d(3, 8, 1)
        self.head = nn.Conv2d(8, 4, 1)
        self.first.weight.data[:4] *= 0.1  # so the first half goes, which a flip does not map onto itself
        self.head.weight.data[:, :4] *= 0.1

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.first(x)) + Turned.apply(torch.relu(self.second(x)))).mean((2, 3))


class Concat(nn.Module):
    """Two branches of 4 and 6 channels side by side, read by one convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Conv2d(3, 4, 1)
        self.right = nn.Conv2d(3, 6, 1)
        self.join = nn.Conv2d(10, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([self.left(x), self.right(x)], dim=1)).mean((2, 3))


class Depthwise(nn.Module):
    """Expand, depthwise, project."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Conv2d(3, 12, 1)
        self.depthwise = nn.Conv2d(12, 12, 3, padding=1, groups=12)
        self.project = nn.Conv2d(12, 7, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.depthwise(self.expand(x))).mean((2, 3))


class Gate(nn.Module):
    """A squeeze-and-excite gate: features times one factor per channel."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 8, 1)
        self.factor = nn.Conv2d(8, 8, 1)
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        return self.head(x * torch.sigmoid(self.factor(x.mean((2, 3), keepdim=True)))).mean((2, 3))


class Grouped(nn.Module):
    """A convolution in two conv groups."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 1)
        self.grouped = nn.Conv2d(8, 12, 3, padding=1, groups=2)
        self.head = nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.grouped(self.first(x))).mean((2, 3))


class ConvClassifier(nn.Module):
    """Like SqueezeNet: the last layer with weights is a convolution, and pooling follows."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 8, 3)
        self.classifier = nn.Conv2d(8, 10, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(torch.relu(self.classifier(torch.relu(self.features(x))))).flatten(1)


class Uncalled(nn.Module):
    """Layers in containers whose own forward never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)])
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(8, 1, 1))])
        self.norm = nn.BatchNorm2d(8, affine=False)
        self.head = nn.Sequential(nn.Conv2d(8, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head[0](self.norm(x) * self.scales[0]).mean((2, 3))


class SummedConcat(nn.Module):
    """A concatenation of 4 and 12 channels, added to a convolution of 16."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Conv2d(3, 4, 1)
        self.right = nn.Conv2d(3, 12, 1)
        self.whole = nn.Conv2d(3, 16, 1)
        self.head = nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat([self.left(x), self.right(x)], dim=1)
        return self.head(torch.relu(self.whole(x) + joined)).mean((2, 3))


def example(size: int = 4) -> Tensor:
    """One image, shape ``[1, 3, size, size]``."""
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
