"""A script in a library's own API that prunes as planned, and the parts that it is made of. Knows no library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDE = 100  # characters of a line


@dataclass(frozen=True)
class Script:
    """What is particular to one plan: the rest of the file is the same for all libraries."""

    imports: str  # of the library
    body: str  # constants, and the function `pruned(net)`: prunes in place and returns the network
    told: str  # how the weights or channels that go are found, as the end of a sentence
    trains: bool = False  # whether the function reads TRAIN_X and TRAIN_Y
    before: str = ""  # lines before the imports of the library


def literal(value: Any, indent: int = 0) -> str:
    """A value as Python reads it; what is too long for a line has an entry a line."""
    text = repr(value).replace("'", '"')  # no name of a layer holds either
    if len(text) + indent <= WIDE or not value or isinstance(value, str):
        return text
    inner = " " * (indent + 4)
    if isinstance(value, Mapping):
        rows = [f"{inner}{literal(key)}: {literal(part, indent + 4)},\n" for key, part in value.items()]
        return "{\n" + "".join(rows) + " " * indent + "}"
    if isinstance(value, Sequence) and all(isinstance(part, int) for part in value):
        return _filled(value, inner, indent)
    rows = [f"{inner}{literal(part, indent + 4)},\n" for part in value]
    return "[\n" + "".join(rows) + " " * indent + "]"


def _filled(numbers: Sequence[int], inner: str, indent: int) -> str:
    """Numbers, as many to a line as there is room for."""
    lines, line = [], inner
    for number in numbers:
        if len(line) + len(f"{number}, ") > WIDE:
            lines.append(line.rstrip())
            line = inner
        line += f"{number}, "
    return "[\n" + "\n".join([*lines, line.rstrip()]) + "\n" + " " * indent + "]"
