"""Labelled images that a network is trained and judged on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class DataSet:
    """Labelled images in a fixed train and test split.

    `*_x` is float32 of shape ``[N, channels, height, width]``, ready for a network; `*_y` is int64, ``[N]``.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor

    @property
    def classes(self) -> int:
        """How many different labels there are."""
        return int(torch.cat([self.train_y, self.test_y]).max()) + 1
