"""A source of networks with one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.anatomy.data import DataSet
from explorer.sources.digits import digits
from explorer.values import CatalogEntry, NetworkSpec, Weights

NAME = "toy-perceptron"


def catalog() -> tuple[CatalogEntry, ...]:
    return (CatalogEntry(NAME, "Toys", (Weights.RANDOM,), "Two linear layers.", "handwritten digits"),)


def has(name: str) -> bool:
    return name == NAME


def build(spec: NetworkSpec, progress: object) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).eval()


def example(name: str, module: nn.Module) -> Tensor:
    return torch.ones(1, 1, 8, 8)


def data(name: str) -> DataSet:
    return digits()


def needs_download(spec: NetworkSpec) -> bool:
    return False


def card(name: str) -> None: ...
