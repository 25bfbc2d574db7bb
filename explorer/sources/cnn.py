"""A plain convolutional network: a chain, the simplest thing to prune."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.sources.blocks import ConvBlock


class DigitsCNN(nn.Module):
    """Four convolutions and two linear layers; 64 channels of 2×2 pixels become 256 features between them."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.block1 = ConvBlock(1, 16)
        self.block2 = ConvBlock(16, 32)
        self.pool1 = nn.MaxPool2d(2)
        self.block3 = ConvBlock(32, 32)
        self.block4 = ConvBlock(32, 64)
        self.pool2 = nn.MaxPool2d(2)
        self.fc = nn.Linear(64 * 2 * 2, 64)
        self.relu = nn.ReLU()
        self.head = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.block2(self.block1(x)))
        x = self.pool2(self.block4(self.block3(x)))
        return self.head(self.relu(self.fc(x.flatten(1))))
