"""What the server and an engine say to each other: pickled plain values, each behind its length.

Both ends are processes of ours, joined by a private socket. The server still unpickles nothing
but plain values: a tensor would pull torch into it, and an engine that runs foreign files may not
be trusted with more.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from explorer.values import tables

LENGTH = struct.Struct(">Q")
LARGEST = 1 << 29  # bytes; more than any answer has, so a longer frame is a fault

# Whoever starts the server may name further tables: their modules are as much trusted as these.
PLAIN_MODULES = {"explorer.values.errors", "explorer.process.frames"}
PLAIN_PACKAGE = "explorer.values."
PLAIN_BUILTINS = {"set", "frozenset", "complex", "bytearray", "range", "slice"}


class Ending(StrEnum):
    """How a request went on."""

    READY = "ready"  # the functions are imported
    PROGRESS = "progress"
    DONE = "done"
    REFUSED = "refused"  # an ExplorerError, meant for the person
    FAILED = "failed"  # any other exception: a fault of ours
    EXHAUSTED = "exhausted"  # out of memory


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a public function."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    doing: str = ""  # what that is in plain words, e.g. "counting the layers of 'resnet50'"

    @property
    def subject(self) -> str:
        """How a sentence about the call begins."""
        return f"{self.doing[0].upper()}{self.doing[1:]}" if self.doing else f"'{self.function}'"

    @property
    def circumstance(self) -> str:
        """How a sentence ends in the call."""
        return f"while {self.doing}" if self.doing else f"while it ran '{self.function}'"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message about the call that runs; all but READY and PROGRESS end it."""

    outcome: Ending
    value: Any = None
    error: str = ""  # class name
    sentence: str = ""
    about: str = ""  # the option that a refusal is about
    traceback: str = ""


def is_plain(module: str) -> bool:
    """Whether a module defines plain values."""
    return module.startswith(PLAIN_PACKAGE) or module in tables.modules()


class PlainUnpickler(pickle.Unpickler):
    """Builds values of the schema and of Python itself, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" and name in PLAIN_BUILTINS:
            return super().find_class(module, name)
        if (module in PLAIN_MODULES or is_plain(module)) and name.isidentifier():
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:  # not what the module imports
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def pack(message: Request | Reply) -> bytes:
    """The frame that carries `message`."""
    body = pickle.dumps(message, protocol=5)
    return LENGTH.pack(len(body)) + body


def unpack(receive: Callable[[int], bytearray]) -> Any:
    """Read one frame.

    Args:
        receive: returns exactly that many bytes, or raises.

    Raises:
        pickle.UnpicklingError: if the frame is too long or holds anything but plain values.
    """
    (length,) = LENGTH.unpack(receive(LENGTH.size))
    if length > LARGEST:
        raise pickle.UnpicklingError(f"{length} bytes are more than a frame may have ({LARGEST})")
    body = io.BytesIO(receive(length))
    try:
        return PlainUnpickler(body).load()
    except (AttributeError, EOFError, ImportError, IndexError, TypeError, ValueError) as error:
        raise pickle.UnpicklingError(f"it is damaged ({error})") from error
