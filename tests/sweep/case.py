"""One network of the sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True)
class Case:
    """How it is made, and what it accepts."""

    make: Callable[[], nn.Module]
    example: Any
