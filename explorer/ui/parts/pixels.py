"""Small pictures of numbers, as a browser draws them at once: thousands of chart marks take a tenth of a second."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape

_LEVELS = 255
_INDEXED = (8, 3, 0, 0, 0)  # bit depth, colour type, compression, filter, interlace


def image(shares: Sequence[Sequence[float]], none: str, whole: str, height: int, alt: str) -> str:
    """HTML of one pixel for each share, `height` px high.

    Args:
        shares: rows of fractions in [0, 1], all rows of one length.
        none: colour of 0, as "#rrggbb".
        whole: colour of 1.
        alt: what it shows, for those who do not see it.
    """
    source = b64encode(_png(shares, none, whole)).decode()
    style = f"display:block;width:100%;height:{height}px;image-rendering:pixelated"
    return f'<img src="data:image/png;base64,{source}" alt="{escape(alt)}" decoding="sync" style="{style}">'


def _png(shares: Sequence[Sequence[float]], none: str, whole: str) -> bytes:
    """Source: PNG specification, third edition, W3C 2025."""
    size = struct.pack(">II5B", len(shares[0]), len(shares), *_INDEXED)
    rows = b"".join(b"\0" + bytes(round(_LEVELS * share) for share in row) for row in shares)
    palette = b"".join(bytes(_mixed(none, whole, level / _LEVELS)) for level in range(_LEVELS + 1))
    chunks = ((b"IHDR", size), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _mixed(none: str, whole: str, share: float) -> list[int]:
    ends = zip(bytes.fromhex(none[1:]), bytes.fromhex(whole[1:]), strict=True)
    return [round(low + share * (high - low)) for low, high in ends]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
