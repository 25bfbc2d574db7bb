"""Pictures as a network takes them: of its example input's size, by the transforms of its weights where there are."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from explorer.anatomy.inputs import tensors_in
from explorer.anatomy.network import Network
from explorer.values.errors import NetworkError, cause_of
from explorer.values.own import AGAIN, Own

Transform = Callable[[Any], Tensor]


def of(own: Own, net: Network) -> tuple[Transform, tuple[str, ...]]:
    """How pictures are brought into form, and the names of the classes that the network tells apart, if known."""
    kind = _kind(own)
    transforms = getattr(kind, "transforms", None)
    found: Transform | None = transforms(own, net.module, _shape(net)[1:]) if transforms else None
    return found or resized(net), tuple(kind.categories(own) if hasattr(kind, "categories") else ())


def told(own: Own) -> str:
    """How `of` brings pictures into form, in a phrase."""
    if hasattr(_kind(own), "transforms"):
        return f"cut and normalised by {own.kind}'s transforms of {own.target}"
    return "cut to the middle, values from 0 to 1"


def _kind(own: Own) -> ModuleType:
    return import_module(f"explorer.sources.own.of_{own.kind}")


def resized(net: Network) -> Transform:
    """Cut to the middle of the example input's size, with as many channels, fractions in [0, 1]."""
    channels, height, width = _shape(net)
    mode = "L" if channels == 1 else "RGB"

    def transform(picture: Image.Image) -> Tensor:
        fitted = ImageOps.fit(picture.convert(mode), (width, height), Image.Resampling.BILINEAR)
        values = torch.from_numpy(np.asarray(fitted, dtype=np.float32) / 255)
        return values.reshape(height, width, -1).permute(2, 0, 1)

    return transform


def _shape(net: Network) -> tuple[int, int, int]:
    """Channels, height and width of the example input.

    Raises:
        NetworkError: if the network takes no pictures.
    """
    shape = tuple(next(tensors_in(net.example_input)).shape)
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise NetworkError(
            f"'{net.name}' takes an input of shape {shape}, which is no picture. Give its data by a function: "
            "--data ./net.py:data."
        )
    return shape[1:]


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """The same picture; Pillow would cut off what 16 bits hold above 255."""
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise ValueError(f"its pixels are of mode {picture.mode}, and nothing says which number is white")
    return picture


def opened(file: Path, transform: Transform) -> Tensor:
    """One picture as the network takes it.

    Raises:
        NetworkError: names the file, if it is no picture that can be read.
    """
    try:
        with Image.open(file) as picture:
            return transform(_in_eight_bits(picture).convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise NetworkError(
            f"The picture '{file}' cannot be read: {cause_of(error)}. Replace it or take it out, then {AGAIN}."
        ) from error
