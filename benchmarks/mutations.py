"""Ways to damage a body: each takes chance, the body and another body, and returns what became of it."""

import random
import struct
import zlib
from collections.abc import Callable
from typing import Final, TypeAlias

Mutation: TypeAlias = Callable[[random.Random, bytes, bytes], bytes]

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000, 4096)
_HEADER_BYTES = 160
_TIFF_TYPES = (0, 1, 2, 3, 4, 5, 7, 12, 13, 16, 0xFFFF)


def flipped(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Flip one to sixteen bits."""
    changed = bytearray(body or b"\0")
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Break off anywhere."""
    return body[: chance.randrange(len(body) + 1)]


def grown(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Go on behind the end."""
    return body + chance.randbytes(chance.choice((1, 4, 100, 5000)))


def spliced(chance: random.Random, body: bytes, other: bytes) -> bytes:
    """Go on in the middle of another body."""
    return body[: chance.randrange(len(body) + 1)] + other[chance.randrange(len(other) + 1) :]


def repeated(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Say a piece again, up to two thousand times."""
    start = chance.randrange(len(body) + 1)
    end = min(start + chance.choice((1, 4, 12, 64, 1000)), len(body))
    return body[:end] + body[start:end] * chance.choice((1, 2, 10, 2000)) + body[end:]


def lacking(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Leave a piece out."""
    start = chance.randrange(len(body) + 1)
    return body[:start] + body[start + chance.choice((1, 2, 12, 200)) :]


def with_extreme_field(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Set a number in the first bytes to an extreme."""
    order, kind = chance.choice("<>"), chance.choice("BHI")
    size = struct.calcsize(kind)
    if len(body) < size:
        return body
    changed = bytearray(body)
    at = chance.randrange(min(len(body), _HEADER_BYTES) - size + 1)
    struct.pack_into(order + kind, changed, at, chance.choice(_EXTREMES) & ((1 << (8 * size)) - 1))
    return bytes(changed)


def with_odd_chunk(chance: random.Random, body: bytes, _other: bytes) -> bytes:
    """Repeat, leave out or change one chunk, segment or field, as the kind of file has them."""
    if body.startswith(PNG_SIGNATURE):
        return _odd_png(chance, body)
    if body[:2] in (b"II", b"MM"):
        return _odd_tiff(chance, body)
    if body.startswith(b"\xff\xd8"):
        return _odd_jpeg(chance, body)
    return with_extreme_field(chance, body, b"")


ALL: tuple[Mutation, ...] = (
    flipped,
    cut,
    grown,
    spliced,
    repeated,
    lacking,
    with_extreme_field,
    with_odd_chunk,
    with_odd_chunk,
)


def _odd_png(chance: random.Random, body: bytes) -> bytes:
    chunks = _png_chunks(body)
    if not chunks:
        return body
    at = chance.randrange(len(chunks))
    name, octets = chunks[at]
    made: list[list[tuple[bytes, bytes]]] = [
        [(name, octets)] * chance.choice((2, 3, 500)),
        [],
        [(name, flipped(chance, octets, b""))],
        [(chance.choice((b"PLTE", b"tRNS", b"acTL", b"iCCP", b"zTXt", b"gAMA", b"IDAT", b"eXIf")), octets)],
        [(name, octets[: len(octets) // 2]), (name, octets[len(octets) // 2 :])],
        [(name, with_extreme_field(chance, octets, b""))],
    ]
    chunks[at : at + 1] = chance.choice(made)
    return PNG_SIGNATURE + b"".join(png_chunk(name, octets) for name, octets in chunks)


def _odd_tiff(chance: random.Random, body: bytes) -> bytes:
    """Change one field of the directory: its name, type, count or value."""
    order = "<" if body[:2] == b"II" else ">"
    if len(body) < 8:
        return body
    (at,) = struct.unpack_from(f"{order}I", body, 4)
    if at + 2 > len(body):
        return body
    (count,) = struct.unpack_from(f"{order}H", body, at)
    entry = at + 2 + 12 * chance.randrange(max(count, 1))
    if entry + 12 > len(body):
        return body
    field = list(struct.unpack_from(f"{order}HHII", body, entry))
    part = chance.randrange(4)
    field[part] = (
        chance.choice((254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 339, 34675)),
        chance.choice(_TIFF_TYPES),
        chance.choice(_EXTREMES),
        chance.choice((*_EXTREMES, len(body), len(body) - 1, at, 3, 5, 6, 7, 8, 32773, 34712, 50000)),
    )[part]
    changed = bytearray(body)
    struct.pack_into(f"{order}HHII", changed, entry, *field)
    return bytes(changed)


def _odd_jpeg(chance: random.Random, body: bytes) -> bytes:
    """Repeat a segment, or put one in that is none of this file's."""
    starts = [at for at in range(2, len(body) - 3) if body[at] == 0xFF and 0xC0 <= body[at + 1] <= 0xFE]
    if not starts:
        return body
    at = chance.choice(starts)
    length = 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    segment = body[at : at + length]
    odd = bytes((0xFF, chance.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xD8, 0xDA, 0xDD, 0xDC, 0xE1)))) + segment[2:]
    put = chance.choice((segment, segment * 30, segment * 1000, odd, bytes((0xFF, 0xD0)) * 200, b"\xff" * 5000))
    return body[:at] + put + body[at:]


def _png_chunks(body: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], len(PNG_SIGNATURE)
    while at + 8 <= len(body):
        length = int.from_bytes(body[at : at + 4], "big")
        chunks.append((body[at + 4 : at + 8], body[at + 8 : at + 8 + length]))
        at += length + 12
    return chunks


def png_chunk(name: bytes, octets: bytes) -> bytes:
    """Write a chunk with its length and its CRC."""
    return struct.pack(">I", len(octets)) + name + octets + struct.pack(">I", zlib.crc32(name + octets))


def with_right_crcs(body: bytes) -> bytes:
    """Let every chunk of a PNG file have the CRC that it should, so that what is in it is looked at."""
    return PNG_SIGNATURE + b"".join(png_chunk(name, octets) for name, octets in _png_chunks(body))
