"""A small vision transformer: what attention heads and LayerNorm do to pruning."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.sources.blocks import numbered


class Mlp(nn.Module):
    """Two linear layers with GELU between them, applied to every token by itself."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.gelu = nn.GELU()
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.gelu(self.fc1(x)))


class EncoderBlock(nn.Module):
    """Attention between tokens, then an MLP on each; both behind a LayerNorm and added to what came in."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, normed, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class DigitsViT(nn.Module):
    """16 overlapping patches of 4×4 pixels and a class token, 48 wide, through two blocks of four heads.

    Source: Dosovitskiy et al. 2020, arXiv:2010.11929.
    """

    def __init__(self, classes: int = 10, width: int = 48, heads: int = 4, depth: int = 2) -> None:
        super().__init__()
        self.patch = nn.Conv2d(1, width, kernel_size=4, stride=2, padding=1)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.empty(1, 4 * 4 + 1, width).normal_(std=0.02))
        self.blocks = numbered("block", [EncoderBlock(width, heads, hidden=2 * width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.patch(x).flatten(2).transpose(1, 2)
        class_token = self.class_token.expand(x.shape[0], -1, -1)
        tokens = torch.cat([class_token, patches], dim=1) + self.position
        return self.head(self.norm(self.blocks(tokens))[:, 0])
