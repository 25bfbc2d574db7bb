"""Small residual networks: what a sum of two branches does to pruning."""

from __future__ import annotations

from collections.abc import Sequence

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


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """Residual blocks, the first of which halves the image where the width changes."""
    first = ResidualBlock(inputs, outputs, stride=1 if inputs == outputs else 2)
    return numbered("block", [first, *(ResidualBlock(outputs, outputs) for _ in range(blocks - 1))])


class SmallResNet(nn.Module):
    """Three stages of 16, 32 and 64 channels, each image half as wide as that of the stage before.

    Args:
        classes: how many scores it answers with.
        blocks: of each stage.
        stride: of the stem: 1 keeps the image's size, 2 halves it.
    """

    def __init__(self, classes: int = 10, blocks: Sequence[int] = (1, 2, 2), stride: int = 1) -> None:
        super().__init__()
        self.stem = ConvBlock(1, 16, stride=stride)
        self.stage1 = _stage(16, 16, blocks[0])
        self.stage2 = _stage(16, 32, blocks[1])
        self.stage3 = _stage(32, 64, blocks[2])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.head(self.pool(x).flatten(1))
