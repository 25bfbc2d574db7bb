"""Networks that a person's own function builds."""

from __future__ import annotations

from typing import Any

from torch import nn

from explorer.anatomy.inputs import Example
from explorer.sources.code import Code
from explorer.sources.download import Progress
from explorer.sources.own import code, copies
from explorer.values import Weights
from explorer.values.own import Own

WEIGHTS = (Weights.OWN,)
DESCRIPTION = "Your own network, built by {}."


def build(own: Own, weights: Weights, progress: Progress | None) -> Any:
    """See `Kind.build`."""
    return code.made(own.model, f"Building '{own.name}'")


def example(own: Own, module: nn.Module) -> Example | None:
    """See `Kind.example`."""
    return None


def needs_download(own: Own, weights: Weights) -> bool:
    """See `Kind.needs_download`."""
    return False


def code_of(own: Own) -> Code | None:
    """See `Kind.code_of`."""
    return copies.code_of(own.model)
