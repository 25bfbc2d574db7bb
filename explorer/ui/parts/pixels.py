"""Small pictures of numbers, as a browser draws them at once: thousands of chart marks take a tenth of a second."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from explorer.values.behaviour import Picture

_LEVELS = 255
# Bit depth, colour type, compression, filter, interlace.
_INDEXED, _GREY, _COLOUR = (8, 3, 0, 0, 0), (8, 0, 0, 0, 0), (8, 2, 0, 0, 0)


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


def photo(picture: Picture, side: int, alt: str) -> str:
    """HTML of an image whose longer side takes `side` px."""
    kind, row = (_GREY, picture.width) if picture.is_grey else (_COLOUR, 3 * picture.width)
    starts = range(0, len(picture.pixels), row)
    rows = [picture.pixels[start : start + row] for start in starts]
    source = b64encode(_file(picture.width, kind, rows)).decode()
    longer = max(picture.width, picture.height)
    width, height = (side * one // longer for one in (picture.width, picture.height))
    return (
        f'<img src="data:image/png;base64,{source}" alt="{escape(alt)}" width="{width}" height="{height}" '
        'decoding="sync" style="image-rendering:pixelated">'
    )


def _png(shares: Sequence[Sequence[float]], none: str, whole: str) -> bytes:
    rows = [bytes(round(_LEVELS * share) for share in row) for row in shares]
    palette = b"".join(bytes(_mixed(none, whole, level / _LEVELS)) for level in range(_LEVELS + 1))
    return _file(len(shares[0]), _INDEXED, rows, (b"PLTE", palette))


def _file(width: int, kind: Sequence[int], rows: Sequence[bytes], *before: tuple[bytes, bytes]) -> bytes:
    """Source: PNG specification, third edition, W3C 2025."""
    size = struct.pack(">II5B", width, len(rows), *kind)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    chunks = ((b"IHDR", size), *before, (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _mixed(none: str, whole: str, share: float) -> list[int]:
    ends = zip(bytes.fromhex(none[1:]), bytes.fromhex(whole[1:]), strict=True)
    return [round(low + share * (high - low)) for low, high in ends]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
