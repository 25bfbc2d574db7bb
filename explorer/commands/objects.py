"""Frozen values as what JSON can say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def plain_object(value: Any) -> Any:
    """Lists, words and numbers of a value, all the way down; null for numbers that JSON has no word for."""
    if is_dataclass(value):
        return {part.name: plain_object(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_object(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain_object(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, str) else value
