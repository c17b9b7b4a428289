"""Pictures of defects, as they were cut out to be named."""

import struct
import zlib
from typing import Final

from service.errors import UnknownFrame
from service.store.connection import Connection
from service.store.entries import frame_id
from service.store.webs import crop_of

CROP_PX: Final = 64


def crop_png(connection: Connection, frame: int, number: int) -> bytes:
    """Return the picture of a defect.

    Parameters
    ----------
    connection : Connection
    frame, number : int
        The defect's identity.

    Raises
    ------
    UnknownFrame
        There is no such defect, or its picture was not kept so long.
    """
    pixels = crop_of(connection, frame, number)
    if pixels is None:
        raise UnknownFrame(
            f"expected a defect whose picture is kept, that of {frame_id(frame)}.{number} is not, or there is none"
        )
    return png(pixels)


def png(pixels: bytes) -> bytes:
    """Write 64 x 64 grey pixels as a PNG file (W3C PNG, third edition)."""
    rows = b"".join(b"\0" + pixels[n : n + CROP_PX] for n in range(0, len(pixels), CROP_PX))
    head = struct.pack(">IIBBBBB", CROP_PX, CROP_PX, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
