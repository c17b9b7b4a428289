"""What a TIFF file says of itself, read without decoding a pixel; like `image_header` for the other types.

Taken are single pages in strips, grey or RGB, 8 or 16 bits unsigned, uncompressed or compressed
without loss. The rest of the format (tiles, planes, floats, inverted grey, turned pages) is
refused by name, because OpenCV would quietly read some of it as something else.

Source: TIFF revision 6.0 (Adobe, 1992).
"""

import itertools
import zlib
from typing import TypeAlias

from inspection.errors import CorruptFrame, UnknownFormat
from inspection.image_header import ImageHeader, fields

Tags: TypeAlias = dict[int, tuple[int, ...]]

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _OFFSETS = 256, 257, 258, 259, 262, 273
_ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _BYTE_COUNTS, _PLANES = 274, 277, 278, 279, 284
_TILE_WIDTH, _SAMPLE_FORMAT = 322, 339

_DEFAULTS: Tags = {
    _COMPRESSION: (1,),
    _ORIENTATION: (1,),
    _SAMPLES: (1,),
    _PLANES: (1,),
    _SAMPLE_FORMAT: (1,),
    _ROWS_PER_STRIP: (0xFFFFFFFF,),
}
_NEEDED = frozenset({_WIDTH, _LENGTH, _BITS, _PHOTOMETRIC, _OFFSETS, _BYTE_COUNTS})
_READ = _NEEDED | _DEFAULTS.keys()

_CODES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4)}
"""`struct` codes and bytes of TIFF's BYTE, SHORT and LONG."""

_MOST_VALUES = 1 << 16
"""In one field: a strip for each row of the tallest frame, with room to spare. The count is the
file's claim, and each value read takes ten times its bytes in memory."""

_UNCOMPRESSED = 1
_DEFLATE = frozenset({8, 32946})
_LOSSLESS = frozenset({_UNCOMPRESSED, 5, 32773}) | _DEFLATE
"""None, LZW, PackBits, and deflate under its two numbers."""

_READABLE = _GREY, _RGB = (1, 1), (2, 3)
"""Photometric interpretation and samples per pixel."""


def read_tiff(octets: memoryview) -> ImageHeader:
    """Read the only directory of the file.

    Raises
    ------
    CorruptFrame
        Cut off, or fields that the format needs are missing or repeated.
    UnknownFormat
        Several pages, or pixels stored in a way that is not read here.
    """
    tags = _tags(octets)
    compression, orientation, bits = tags[_COMPRESSION], tags[_ORIENTATION], tags[_BITS]
    colours = tags[_PHOTOMETRIC][0], tags[_SAMPLES][0]
    _refuse(compression[0] not in _LOSSLESS, "LZW, deflate or no compression", f"compression {compression[0]}")
    _refuse(colours not in _READABLE, "grey, black as 0, or RGB", f"(interpretation, samples) {colours}")
    _refuse(colours == _RGB and tags[_PLANES][0] != 1, "colours side by side", "separate planes")
    _refuse(set(tags[_SAMPLE_FORMAT]) != {1}, "unsigned whole numbers", f"format {tags[_SAMPLE_FORMAT]}")
    _refuse(orientation[0] != 1, "the first row on top", f"orientation {orientation[0]}")
    _refuse(set(bits) not in ({8}, {16}), "8 or 16 bits", f"{bits} bits")
    return ImageHeader(tags[_WIDTH][0], tags[_LENGTH][0], bits[0])


def check_tiff_whole(octets: memoryview) -> None:
    """Raise unless all strips lie inside the file and hold all their rows, as far as can be known.

    Deflated strips are inflated, since the decoder goes on after an error inside one; LZW and
    PackBits strips hold no checksum.

    Raises
    ------
    CorruptFrame
        Strips are missing, cut off, too short or, where deflated, damaged.
    """
    tags, header = _tags(octets), read_tiff(octets)
    offsets, sizes = tags[_OFFSETS], tags[_BYTE_COUNTS]
    pixel_bytes = _strip_bytes(tags, header)
    # Compressed strips may be as short as they like, but not empty.
    least = pixel_bytes if tags[_COMPRESSION][0] == _UNCOMPRESSED else [1] * len(pixel_bytes)
    if not len(least) == len(offsets) == len(sizes):
        raise CorruptFrame(f"expected {len(least)} strips in the TIFF file, got {len(offsets)}: send it again")
    for number, (offset, size, least_size) in enumerate(zip(offsets, sizes, least, strict=True)):
        if offset + size > len(octets) or size < least_size:
            raise CorruptFrame(
                f"expected TIFF strip {number} of {least_size} bytes or more inside the {len(octets)} sent, "
                f"got {size} at {offset}: send the whole file"
            )
    if tags[_COMPRESSION][0] in _DEFLATE:
        for offset, size, inflated in zip(offsets, sizes, pixel_bytes, strict=True):
            _check_inflates(octets[offset : offset + size], inflated)


def _strip_bytes(tags: Tags, header: ImageHeader) -> list[int]:
    """How many bytes of pixels each strip holds."""
    step = max(1, min(tags[_ROWS_PER_STRIP][0], header.rows))
    row_bytes = header.columns * tags[_SAMPLES][0] * header.bits // 8
    return [row_bytes * min(step, header.rows - start) for start in range(0, header.rows, step)]


def _check_inflates(strip: memoryview, expected: int) -> None:
    """Raise unless a strip inflates to all its pixels and its Adler-32 checksum is right."""
    stream = zlib.decompressobj()
    try:
        got = len(stream.decompress(strip, expected + 1))
    except zlib.error as error:
        raise CorruptFrame(f"expected TIFF strips that inflate, got {error}: send the file again") from error
    if got != expected or not stream.eof:
        raise CorruptFrame(
            f"expected a TIFF strip that inflates to {expected} bytes, "
            f"got {'more' if got > expected else got}: send the file again"
        )


def _tags(octets: memoryview) -> Tags:
    """Read the fields that matter here, defaults filled in."""
    order = "<" if octets[0] == ord("I") else ">"
    (at,) = fields(f"{order}I", octets, 4)
    (count,) = fields(f"{order}H", octets, at)
    *entries, following = fields(f"{order}{count * 'HHI4s'}I", octets, at + 2)
    names = entries[::4]
    if any(later <= earlier for earlier, later in itertools.pairwise(names)):
        raise CorruptFrame("expected TIFF fields once each, in ascending order, got others: save it anew")
    _refuse(following != 0, "one page", "several")
    _refuse(_TILE_WIDTH in names, "pixels in strips", "tiles")
    if missing := _NEEDED.difference(names):
        raise CorruptFrame(f"expected TIFF fields {sorted(missing)}, got none of them: save the file anew")
    wanted = [index for index, name in enumerate(names) if name in _READ]
    return _DEFAULTS | {names[index]: _values(octets, order, at + 2 + 12 * index) for index in wanted}


def _values(octets: memoryview, order: str, at: int) -> tuple[int, ...]:
    name, kind, count = fields(f"{order}HHI", octets, at)
    if kind not in _CODES or not 1 <= count <= _MOST_VALUES:
        raise CorruptFrame(
            f"expected 1 to {_MOST_VALUES} whole numbers in TIFF field {name}, got {count} of type {kind}: save it anew"
        )
    code, size = _CODES[kind]
    start = at + 8 if count * size <= 4 else fields(f"{order}I", octets, at + 8)[0]
    return fields(f"{order}{count}{code}", octets, start)


def _refuse(wrong: bool, expected: str, got: str) -> None:
    if wrong:
        raise UnknownFormat(f"expected a TIFF file with {expected}, got {got}: save it as one page of grey")
