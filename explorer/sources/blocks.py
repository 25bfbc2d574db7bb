"""What several networks of the zoo are built of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from torch import Tensor, nn


class ConvBlock(nn.Module):
    """Convolution without bias, BatchNorm and ReLU; keeps the image's size but for the stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


def numbered(prefix: str, layers: Iterable[nn.Module]) -> nn.Sequential:
    """Run layers one after the other under the names ``prefix0``, ``prefix1``, …"""
    return nn.Sequential(OrderedDict((f"{prefix}{number}", layer) for number, layer in enumerate(layers)))
