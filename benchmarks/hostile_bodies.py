"""Bodies for the decoders, honest and hostile, each one made anew from a seed and its number.

Honest bodies of every kind that the station reads are the stock; `hostile` damages one of them. The frames are
small, so that a second tries some thousand bodies: what a decoder does wrong it does on small pictures too.
"""

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import zstandard
from numpy.typing import NDArray

from benchmarks import mutations
from inspection.image_file import IMAGE_MEDIA_TYPES
from inspection.pixel_format import PixelFormat, body_bytes

_ROWS, _COLUMNS = 24, 40
_BOUNDARY = "b0"
_MOST_BYTES = 256 << 10
_RAW, _FORM = "application/octet-stream", "multipart/form-data"


@dataclass(frozen=True)
class Posted:
    """What a camera posts.

    Attributes
    ----------
    name : str
        What it was made of, and how it was damaged.
    headers, query : dict
    body : bytes
    """

    name: str
    headers: dict[str, str]
    query: dict[str, Any]
    body: bytes


def hostile(seed: int, index: int) -> Posted:
    """Make the body of that number; one in twenty is honest."""
    chance = random.Random(f"{seed}/{index}")
    stock = honest()
    if chance.random() < 0.03:
        return chance.choice((_bomb, _noise))(chance)
    posted = chance.choice(stock)
    if chance.random() < 0.05:
        return posted
    inside = posted.headers["Content-Type"].startswith(_FORM) and chance.random() < 0.7
    damaged = _damaged_part(chance, stock) if inside else _damaged(chance, posted, stock)
    return _told_otherwise(chance, damaged) if chance.random() < 0.15 else damaged


def _damaged(chance: random.Random, posted: Posted, stock: tuple[Posted, ...]) -> Posted:
    body, names = posted.body, [posted.name]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        mutation = chance.choice(mutations.ALL)
        body = mutation(chance, body, chance.choice(stock).body)[:_MOST_BYTES]
        names.append(mutation.__name__)
    if body.startswith(mutations.PNG_SIGNATURE) and chance.random() < 0.7:
        body = mutations.with_right_crcs(body)
    return replace(posted, name="+".join(names), body=body)


def _damaged_part(chance: random.Random, stock: tuple[Posted, ...]) -> Posted:
    """Leave the form as it is and damage the file in it."""
    files = [posted for posted in stock if posted.headers["Content-Type"] in IMAGE_MEDIA_TYPES]
    return _form(_damaged(chance, chance.choice(files), stock))


_SIDES = (0, 1, 15, 16, 17, 39, 4096, 65_535, 2**31, -1, "1e3", "\u0664\u0660", "")


def _told_otherwise(chance: random.Random, posted: Posted) -> Posted:
    """Let query or headers say something else than the body."""
    name, value = chance.choice(
        (
            ("width", chance.choice(_SIDES)),
            ("height", chance.choice(_SIDES)),
            ("pixel_format", chance.choice((*PixelFormat, "Mono12Packed", "", "Mono8\x00"))),
        )
    )
    if chance.random() < 0.6:
        return replace(posted, query=posted.query | {name: value})
    told = {
        "Content-Type": chance.choice((*IMAGE_MEDIA_TYPES, _RAW, f"{_FORM}; boundary={_BOUNDARY}", _FORM, "")),
        "Content-Encoding": chance.choice(("zstd", "gzip", "identity", "")),
        "Content-Digest": chance.choice(("crc32c=:AAAAAA==:", "sha-256=:x:", "crc32c=:" + "A" * 4096 + ":", "=")),
        "Content-Length": chance.choice(("0", "1", "-1", "9" * 30, "\xb2", "")),
    }
    header = chance.choice(tuple(told))
    return replace(posted, headers=posted.headers | {header: told[header]})


@cache
def honest() -> tuple[Posted, ...]:
    """One body of each kind that the station reads."""
    raws = [_raw(pixel_format) for pixel_format in PixelFormat]
    files = [Posted(name, {"Content-Type": kind}, {}, body) for name, kind, body in _files()]
    forms = [_form(posted) for posted in files[::3]]
    return (*raws, *(_packed(posted) for posted in raws), *files, *forms)


def _pixels(dtype: type, colours: int) -> NDArray[Any]:
    shape = (_ROWS, _COLUMNS, colours) if colours > 1 else (_ROWS, _COLUMNS)
    drawn = np.random.default_rng(7).normal(60, 5, shape)
    drawn[:, :8] = 150
    return (drawn * (256 if dtype is np.uint16 else 1)).astype(dtype)


def _raw(pixel_format: PixelFormat) -> Posted:
    size = body_bytes(pixel_format, _COLUMNS, _ROWS)
    octets = np.random.default_rng(8).integers(0, 256, size, np.uint8)
    if pixel_format.stored_bits == 16:
        octets[1::2] &= (1 << (pixel_format.bits - 8)) - 1
    query = {"width": _COLUMNS, "height": _ROWS, "pixel_format": str(pixel_format)}
    return Posted(str(pixel_format), {"Content-Type": _RAW}, query, octets.tobytes())


def _packed(posted: Posted) -> Posted:
    headers = posted.headers | {"Content-Encoding": "zstd"}
    return Posted(f"zstd {posted.name}", headers, posted.query, zstandard.compress(posted.body))


def _files() -> list[tuple[str, str, bytes]]:
    """Each image file with its name and media type: every depth, colour and compression that OpenCV writes."""
    tiff, jpeg = cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_JPEG_PROGRESSIVE
    varieties: list[tuple[str, str, list[int], tuple[type, ...]]] = [
        ("png", "image/png", [cv2.IMWRITE_PNG_COMPRESSION, 6], (np.uint8, np.uint16)),
        ("jpeg", "image/jpeg", [], (np.uint8,)),
        ("jpeg progressive", "image/jpeg", [jpeg, 1], (np.uint8,)),
        ("jpeg restarts", "image/jpeg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 2], (np.uint8,)),
        ("bmp", "image/bmp", [], (np.uint8,)),
        *((f"tiff {number}", "image/tiff", [tiff, number], (np.uint8, np.uint16)) for number in (1, 5, 8, 32773)),
    ]
    return [
        (f"{name} {np.dtype(dtype).name} {colours}", kind, _encoded(kind, _pixels(dtype, colours), options))
        for name, kind, options, dtypes in varieties
        for dtype in dtypes
        for colours in (1, 3)
    ]


def _encoded(kind: str, pixels: NDArray[Any], options: list[int]) -> bytes:
    suffix = {"image/png": ".png", "image/jpeg": ".jpg", "image/bmp": ".bmp", "image/tiff": ".tiff"}[kind]
    return cv2.imencode(suffix, pixels, options)[1].tobytes()


def _form(posted: Posted) -> Posted:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'.encode()
    body = head + posted.body + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return Posted(f"form {posted.name}", {"Content-Type": f"{_FORM}; boundary={_BOUNDARY}"}, {}, body)


_STARTS = (
    (b"\xff\xd8\xff", 1),
    (b"II*\0\x08\0\0\0", 2),
    (b"MM\0*\0\0\0\x08", 2),
    (b"BM", 3),
    (b"\x89PNG\r\n\x1a\n", 0),
)


def _noise(chance: random.Random) -> Posted:
    """Random bytes that begin like a file."""
    start, kind = chance.choice(_STARTS)
    body = start + chance.randbytes(chance.choice((0, 1, 7, 40, 300, 4000)))
    return Posted("noise", {"Content-Type": IMAGE_MEDIA_TYPES[kind]}, {}, body)


def _bomb(chance: random.Random) -> Posted:
    """Little that claims to be, or unpacks to, very much."""
    make: Callable[[random.Random], Posted] = chance.choice((_png_bomb, _tiff_bomb, _zstd_bomb, _jpeg_claim))
    return make(chance)


def _png_bomb(chance: random.Random) -> Posted:
    columns, rows = chance.choice(
        ((4096, 4096), (32_768, 16_384), (2**31 - 1, 2**31 - 1), (32_768, 512), (16, 1 << 20))
    )
    bits, colour = chance.choice(((8, 0), (16, 2), (8, 3)))
    packed = _zeros(chance.choice((1 << 10, 1 << 20, 1 << 24)))
    header = struct.pack(">IIBBBBB", columns, rows, bits, colour, 0, 0, chance.choice((0, 1)))
    palette = [(b"PLTE", bytes(768))] if colour == 3 else []
    chunks = [(b"IHDR", header), *palette, (b"IDAT", packed), (b"IEND", b"")]
    body = mutations.PNG_SIGNATURE + b"".join(mutations.png_chunk(name, octets) for name, octets in chunks)
    return Posted("png bomb", {"Content-Type": "image/png"}, {}, body)


def _tiff_bomb(chance: random.Random) -> Posted:
    columns, rows, strips = chance.choice(((4096, 4096, 1), (32_768, 2048, 1), (16, 16_384, 16_384), (4096, 1, 1)))
    strip = _zeros(1 << 24)[: chance.choice((100, 1 << 14))]
    at = 8 + 2 + 12 * 9 + 4
    lists = at + len(strip)
    tags = [(256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 1, 8), (259, 3, 1, chance.choice((8, 5, 32773)))]
    tags += [(262, 3, 1, 1), (273, 4, strips, lists if strips > 1 else at), (277, 3, 1, 1)]
    tags += [(278, 4, 1, max(rows // strips, 1)), (279, 4, strips, lists + 4 * strips if strips > 1 else len(strip))]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    ends = struct.pack(f"<{strips}I", *[at] * strips) + struct.pack(f"<{strips}I", *[len(strip)] * strips)
    return Posted("tiff bomb", {"Content-Type": "image/tiff"}, {}, b"II*\0\x08\0\0\0" + directory + strip + ends)


def _zstd_bomb(chance: random.Random) -> Posted:
    packed = zstandard.compress(bytes(chance.choice((1 << 16, 1 << 22, 1 << 26))))
    query = {"width": 1024, "height": chance.choice((64, 4096)), "pixel_format": "Mono8"}
    return Posted("zstd bomb", {"Content-Type": _RAW, "Content-Encoding": "zstd"}, query, packed)


def _jpeg_claim(chance: random.Random) -> Posted:
    """A JPEG file whose header claims other sides than it holds, and one more colour or scan."""
    files = [posted for posted in honest() if posted.headers["Content-Type"] == "image/jpeg"]
    posted = chance.choice(files)
    body = bytearray(posted.body)
    at = next(body.find(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in body)
    struct.pack_into(">HH", body, at + 5, *chance.choice(((1, 1), (4096, 4096), (16_384, 1024), (65_535, 65_535))))
    return replace(posted, name="jpeg claim", body=bytes(body))


@cache
def _zeros(count: int) -> bytes:
    return zlib.compress(bytes(count))
