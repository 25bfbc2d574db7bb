"""A small VGG: a deep chain that ends in linear layers, where each channel becomes several features."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from explorer.sources.blocks import ConvBlock


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions, then a pooling that halves the image, rounded down."""
    layers = {
        "conv1": ConvBlock(inputs, outputs),
        "conv2": ConvBlock(outputs, outputs),
        "pool": nn.MaxPool2d(2),
    }
    return nn.Sequential(OrderedDict(layers))


class SmallVGG(nn.Module):
    """Stages of 16, 32 and 64 channels at 28×28, 14×14 and 7×7 pixels; 3×3 pixels of each are left at the end.

    Source: Simonyan and Zisserman 2014, arXiv:1409.1556; with BatchNorm, as torchvision's ``vgg11_bn``.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stage1 = _stage(1, 16)
        self.stage2 = _stage(16, 32)
        self.stage3 = _stage(32, 64)
        self.fc = nn.Linear(64 * 3 * 3, 64)
        self.relu = nn.ReLU()
        self.head = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.head(self.relu(self.fc(x.flatten(1))))
