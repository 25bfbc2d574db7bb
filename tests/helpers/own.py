"""Networks of one's own as the app is told of them, with an engine that knows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from explorer import engine
from explorer.engine import calls
from explorer.process.engine import EngineSettings
from explorer.process.pool import EnginePool
from explorer.sources import vision
from explorer.values import NetworkSpec, Weights, own

NET = '''
import torch
from torch import nn

class Two(nn.Module):
    """Two inputs by name, two outputs by name."""

    def __init__(self, width=16):
        super().__init__()
        self.picture = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 24, 3), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.facts = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 24))
        self.depth, self.kind = nn.Linear(24, 1), nn.Linear(24, 5)

    def forward(self, picture, facts):
        both = self.picture(picture) + self.facts(facts)
        return {"depth": self.depth(both), "kind": self.kind(both)}

def build():
    return Two()

def example():
    return {"picture": torch.randn(1, 3, 16, 16), "facts": torch.randn(1, 10)}
'''
SMALL = """
from torch import nn

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 16, 3), nn.Conv2d(16, 8, 3)

    def forward(self, x):
        return self.two(self.one(x).relu())

def build():
    return Small()
"""
TWO = "--model ./net.py:build --input ./net.py:example"


def spec(name: str) -> NetworkSpec:
    """How calls name a network of one's own."""
    return NetworkSpec(name, Weights.OWN)


def tell(monkeypatch: pytest.MonkeyPatch, folder: Path, flags: str) -> None:
    """Have this process, and those that it starts, know of networks of one's own in a folder."""
    monkeypatch.setenv(own.VARIABLE, "{}")
    own.remember(flags.split(), folder)


@contextmanager
def told_engines(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    flags: str,
    settings: EngineSettings | None = None,
    size: int = 1,
) -> Iterator[EnginePool]:
    """The same, with engines in the place of those that other tests share."""
    tell(monkeypatch, folder, flags)
    pool = EnginePool(size, settings)
    monkeypatch.setattr(engine, "_pool", lambda: pool)
    monkeypatch.setattr(calls, "catalog", cache(calls.listing))
    try:
        yield pool
    finally:
        pool.close()


def saved_bert(folder: Path) -> nn.Module:
    """A tiny network of transformers, also in the folder ``bert`` of another."""
    vision.torchvision()  # which transformers imports as well, and would alone not find beside a CPU-only torch
    from transformers import BertConfig, BertModel

    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 8,
    }
    bert: nn.Module = BertModel(BertConfig(vocab_size=50, **sizes))
    bert.save_pretrained(folder / "bert")  # type: ignore[operator]
    return bert
