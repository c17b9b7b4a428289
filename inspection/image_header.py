"""What PNG, JPEG and BMP files say of themselves, read without decoding a pixel; TIFF has its own file.

A decoder trusts the header and takes the memory it asks for, and OpenCV fills what a truncated
file lacks with grey instead of failing. So each file type has two functions here: `read_*`
gives the size before any memory is taken, `check_*_whole` finds that nothing is missing.

Sources: PNG (W3C, third edition), JPEG (ITU-T T.81, annex B), BMP (Windows GDI, BITMAPINFOHEADER).
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspection.errors import CorruptFrame, UnknownFormat


@dataclass(frozen=True)
class ImageHeader:
    """Size of an image in a file.

    Attributes
    ----------
    columns, rows : int
        Size in pixels, as the file claims it: not yet compared with any limit.
    bits : {8, 16}
        Bits of one grey or colour value.
    """

    columns: int
    rows: int
    bits: int = 8


def fields(layout: str, octets: memoryview, at: int) -> tuple[Any, ...]:
    """Values that lie at an offset, by `struct` layout.

    Raises
    ------
    CorruptFrame
        The file ends before them.
    """
    end = at + struct.calcsize(layout)
    if end > len(octets):
        raise CorruptFrame(f"expected an image file of {end} bytes or more, got {len(octets)}: send the whole file")
    return struct.unpack_from(layout, octets, at)


_MOST_PARTS = 1 << 16
"""Chunks or segments in one file. The largest honest ones have some ten thousand; millions of
empty ones would hold up the line for seconds."""

_PNG_GREY_RGB_PALETTE = (0, 2, 3)
_PNG_NOT_ONE_OPAQUE = (b"tRNS", b"acTL", b"fcTL", b"fdAT")


def read_png(octets: memoryview) -> ImageHeader:
    """Read the IHDR chunk.

    Raises
    ------
    CorruptFrame
        No IHDR chunk stands first.
    UnknownFormat
        Transparency, or fewer than 8 bits.
    """
    _, name, columns, rows, bits, colour = fields(">I4sIIBB", octets, 8)
    if name != b"IHDR":
        raise CorruptFrame(f"expected PNG chunk b'IHDR' first, got {name!r}: send the file again")
    if colour not in _PNG_GREY_RGB_PALETTE:
        raise UnknownFormat("expected a PNG file without transparency, got one with alpha: save it as grey")
    if bits not in (8, 16):
        raise UnknownFormat(f"expected 8 or 16 bits in a PNG file, got {bits}: save it as 8-bit grey")
    return ImageHeader(columns, rows, bits)


def check_png_whole(octets: memoryview) -> None:
    """Raise unless every chunk up to IEND is there and undamaged.

    Raises
    ------
    CorruptFrame
        A chunk is cut off, its CRC-32 is wrong, or there are absurdly many.
    UnknownFormat
        A chunk makes pixels transparent or holds further pictures.
    """
    at = 8
    for _ in range(_MOST_PARTS):
        length, name = fields(">I4s", octets, at)
        (told,) = fields(">I", octets, at + 8 + length)
        if zlib.crc32(octets[at + 4 : at + 8 + length]) != told:
            raise CorruptFrame(f"expected PNG chunk {name!r} with CRC {told:08x}, got another: send the file again")
        if name in _PNG_NOT_ONE_OPAQUE:
            raise UnknownFormat(f"expected one opaque picture in a PNG file, got chunk {name!r}: save it as grey")
        if name == b"IEND":
            return
        at += length + 12
    raise CorruptFrame(f"expected at most {_MOST_PARTS} chunks in a PNG file, got more: save it anew")


_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
"""A marker that ends a scan: no stuffed or fill byte, no restart, no TEM."""

_SOF_KINDS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOF_BASELINE_TO_PROGRESSIVE = (0xC0, 0xC1, 0xC2)
_EOI, _SOS = 0xD9, 0xDA

_MOST_SCANS = 20
"""A progressive file has about ten; each scan passes over all pixels, so thousands would hold up the line."""


def _jpeg_segments(octets: memoryview) -> Iterator[tuple[int, int]]:
    """Each marker up to the end of image and the offset of what follows it."""
    at = 2
    for _ in range(_MOST_PARTS):
        found = _MARKER.search(octets, at)
        if found is None:
            raise CorruptFrame("expected an end marker in the JPEG file, got none: send the whole file")
        at, marker = found.end(), octets[found.end() - 1]
        yield marker, at
        if marker == _EOI:
            return
        at += fields(">H", octets, at)[0]
    raise CorruptFrame(f"expected at most {_MOST_PARTS} segments in a JPEG file, got more: save it anew")


def read_jpeg(octets: memoryview) -> ImageHeader:
    """Read the frame header (SOF).

    Raises
    ------
    CorruptFrame
        There is none.
    UnknownFormat
        Neither baseline nor progressive, not 8 bits, neither grey nor three colours.
    """
    for marker, at in _jpeg_segments(octets):
        if marker in _SOF_KINDS:
            _, bits, rows, columns, channels = fields(">HBHHB", octets, at)
            if marker not in _SOF_BASELINE_TO_PROGRESSIVE or bits != 8 or channels not in (1, 3):
                raise UnknownFormat(
                    "expected a baseline or progressive JPEG file of 8 bits, grey or in three colours, "
                    f"got SOF{marker - 0xC0} with {bits} bits and {channels} colours: save it as 8-bit grey"
                )
            return ImageHeader(columns, rows)
    raise CorruptFrame("expected a frame header in the JPEG file, got none: send the file again")


def check_jpeg_whole(octets: memoryview) -> None:
    """Raise unless the file goes on to its end-of-image marker.

    Flipped bits inside a scan decode to other pixels without an error: only a checksum over
    the body finds them.

    Raises
    ------
    CorruptFrame
        Cut off, without pixels, or of absurdly many scans.
    """
    scans = sum(marker == _SOS for marker, _ in _jpeg_segments(octets))
    if not 1 <= scans <= _MOST_SCANS:
        raise CorruptFrame(f"expected 1 to {_MOST_SCANS} scans in a JPEG file, got {scans}: save it anew")


def read_bmp(octets: memoryview) -> ImageHeader:
    """Read the BITMAPINFOHEADER.

    Raises
    ------
    UnknownFormat
        Neither 8 nor 24 bits, compressed, or of an older layout.
    """
    size, columns, rows, _, bits, compression = fields("<IiiHHI", octets, 14)
    if size < 40 or bits not in (8, 24) or compression != 0:
        raise UnknownFormat(
            "expected an uncompressed BMP file of 8 or 24 bits, "
            f"got {bits} bits, compression {compression}, header of {size} bytes: save it as 8-bit grey"
        )
    return ImageHeader(columns, abs(rows))


def check_bmp_whole(octets: memoryview) -> None:
    """Raise unless all rows lie inside the file, behind its header.

    Raises
    ------
    CorruptFrame
        Rows are missing, or overlap the header or its palette.
    """
    (start,) = fields("<I", octets, 10)
    size, columns, rows, _, bits = fields("<IiiHH", octets, 14)
    (colours,) = fields("<I", octets, 46)
    header = 14 + size + (4 * (colours or 256) if bits == 8 else 0)
    end = start + (columns * bits + 31) // 32 * 4 * abs(rows)
    if start < header or end > len(octets):
        raise CorruptFrame(
            f"expected the BMP file's pixels at bytes {start} to {end}, behind a header of {header}, "
            f"got {len(octets)} bytes: send the whole file"
        )
