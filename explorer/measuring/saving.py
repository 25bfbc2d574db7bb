"""A network as the file it would be saved in, and that file compressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from safetensors.torch import save
from torch import nn

from explorer.anatomy.counting import stored_tensors

LEVEL = 6  # of zlib, its own default
CHUNK = 1 << 24  # bytes handed over at once


def saved(module: nn.Module) -> bytes:
    """The network as a safetensors file."""
    return save({name: tensor.contiguous() for name, tensor in stored_tensors(module).items()})


def compressed(file: bytes, tell: Callable[[int], None] = lambda done: None) -> int:
    """Bytes after zlib, as in a zip archive; `tell` hears how many bytes are done, of a large file every second."""
    packer, size = zlib.compressobj(LEVEL), 0
    for at in range(0, len(file), CHUNK):
        size += len(packer.compress(file[at : at + CHUNK]))
        tell(min(at + CHUNK, len(file)))
    return size + len(packer.flush())
