"""Checkpoints: which files are read, what of one fits a network, and the weights that somebody uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from explorer.values.errors import NetworkError

SAFE = ".safetensors"
PICKLED = (".pt", ".pth", ".bin", ".ckpt")
INSTEAD = "Hand over the tensors: safetensors.torch.save_file(module.state_dict(), 'weights.safetensors')."
NAMED = 3  # names of each sort, in a sentence
LISTED = 200  # and on a page


@dataclass(frozen=True, slots=True)
class Misfit:
    """Tensors that keep a checkpoint from being a network's, of one sort."""

    what: str  # is wrong with them, e.g. "missing"
    count: int
    names: tuple[str, ...]  # of the first `LISTED`

    def __str__(self) -> str:
        more = f" and {self.count - NAMED} more" if self.count > NAMED else ""
        return f"{self.count} {self.what} ({', '.join(self.names[:NAMED])}{more})"


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the tensors of a checkpoint are those of a network."""

    tensors: int  # in the checkpoint
    misfits: tuple[Misfit, ...] = ()  # none: it fits
    prefix: str = ""  # before every name of it, without which it would fit

    @property
    def told(self) -> str:
        """What does not fit, in words."""
        return "; ".join(map(str, self.misfits))


@dataclass(frozen=True, slots=True)
class Upload:
    """Weights that somebody uploaded for a network, as this server holds them."""

    id: str  # goes into links: nobody guesses another's
    network: str
    file: str  # what it was called
    path: str  # of the safetensors that was made of it
    tensors: int
    bytes: int


def ending(name: str) -> str:
    """How the name of a checkpoint ends, one of those that are read.

    Raises:
        NetworkError: for any other file, with what to hand over instead.
    """
    found = PurePath(name).suffix.lower()
    if found in (SAFE, *PICKLED):
        return found
    program = "A .pt2 holds a program, which is never loaded. " if found == ".pt2" else ""
    raise NetworkError(f"A checkpoint must be .safetensors, .pt or .pth, got '{name}'. {program}{INSTEAD}")
