"""A small MobileNet: what a depthwise convolution, one filter per channel, does to pruning."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.sources.blocks import ConvBlock, numbered


class InvertedResidual(nn.Module):
    """Widen by a 1×1 convolution, filter each channel by itself, narrow; add the input where shapes agree.

    Source: Sandler et al. 2018, arXiv:1801.04381.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, expansion: int = 3) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvBlock(inputs, hidden, kernel=1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvBlock(hidden, hidden, stride=stride, groups=hidden)
        self.project = nn.Conv2d(hidden, outputs, 1, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn(self.project(self.depthwise(self.expand(x))))
        return x + y if self.residual else y


class DigitsMobileNet(nn.Module):
    """Three stages of 16, 24 and 40 channels; inside its blocks all but the first widen them threefold."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = ConvBlock(1, 16)
        self.stage1 = numbered("block", [InvertedResidual(16, 16, expansion=1)])
        self.stage2 = numbered("block", [InvertedResidual(16, 24, stride=2), InvertedResidual(24, 24)])
        self.stage3 = numbered("block", [InvertedResidual(24, 40, stride=2), InvertedResidual(40, 40)])
        self.last = ConvBlock(40, 96, kernel=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(96, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.head(self.pool(self.last(x)).flatten(1))
