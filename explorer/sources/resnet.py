"""A small residual network: what a sum of two branches does to pruning."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.sources.blocks import ConvBlock, numbered


class ResidualBlock(nn.Module):
    """Two convolutions and a skip; the skip is a 1×1 convolution where the shape changes.

    Source: He et al. 2015, arXiv:1512.03385.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = _downsample(inputs, outputs, stride) if inputs != outputs or stride > 1 else None
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        skip = x if self.downsample is None else self.downsample(x)
        x = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(x)) + skip)


def _downsample(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class DigitsResNet(nn.Module):
    """Three stages of 16, 32 and 64 channels at 8×8, 4×4 and 2×2 pixels."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = ConvBlock(1, 16)
        self.stage1 = numbered("block", [ResidualBlock(16, 16)])
        self.stage2 = numbered("block", [ResidualBlock(16, 32, stride=2), ResidualBlock(32, 32)])
        self.stage3 = numbered("block", [ResidualBlock(32, 64, stride=2), ResidualBlock(64, 64)])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.head(self.pool(x).flatten(1))
