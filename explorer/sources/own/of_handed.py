"""The module that `explorer.show` was given; no flag leads here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from explorer.anatomy.blame import blaming
from explorer.anatomy.inputs import Example
from explorer.sources.download import Progress
from explorer.sources.own.handing import handed_module, handed_with
from explorer.values import Weights
from explorer.values.own import Own

WEIGHTS = (Weights.OWN,)
DESCRIPTION = "The module that explorer.show was given."


def build(own: Own, weights: Weights, progress: Progress | None) -> Any:
    """See `Kind.build`."""
    with blaming(
        f"Reading '{own.name}'", "Define its class where it is used, or in a module that can be imported."
    ):
        return handed_module(Path(own.target))


def example(own: Own, module: nn.Module) -> Example | None:
    """See `Kind.example`."""
    return handed_with(Path(own.target))["example_input"]


def needs_download(own: Own, weights: Weights) -> bool:
    """See `Kind.needs_download`."""
    return False


def code_of(own: Own) -> None:
    """See `Kind.code_of`: nobody knows how it was built."""
