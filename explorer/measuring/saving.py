"""A network as the file it would be saved in, and that file compressed."""

from __future__ import annotations

import zlib

from safetensors.torch import save
from torch import nn

from explorer.anatomy.counting import stored_tensors

LEVEL = 6  # of zlib, its own default
CHUNK = 1 << 24  # bytes handed over at once


def saved(module: nn.Module) -> bytes:
    """The network as a safetensors file."""
    return save({name: tensor.contiguous() for name, tensor in stored_tensors(module).items()})


def compressed(file: bytes) -> int:
    """Bytes after zlib, as in a zip archive."""
    packer = zlib.compressobj(LEVEL)
    size = sum(len(packer.compress(file[at : at + CHUNK])) for at in range(0, len(file), CHUNK))
    return size + len(packer.flush())
