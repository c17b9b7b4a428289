"""Raw pixels: what the camera's pixel format says about a body of bytes, and the body as a frame.

In go bytes with rows packed and no padding, out comes grey of shape (rows, columns), uint8 or
uint16. Names and layouts follow the GenICam Pixel Format Naming Convention (PFNC) 2.4:
`Mono10` and `Mono12` hold one pixel in the low bits of two bytes, little-endian; the `p`
formats hold pixels bit after bit, least significant first, across the whole body. That is
not `Mono12Packed` of the older GigE Vision, which orders its bits another way.
"""

from enum import StrEnum
from numbers import Integral
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import CorruptFrame, InconsistentFrame, UnknownFormat
from inspection.frame import DEFAULT_LIMITS, Frame, FrameLimits, Pixels

Body: TypeAlias = bytes | bytearray | memoryview

_BLOCK = 16_384
"""Groups of four pixels unpacked at a time: 128 KiB of words and as much scratch stay in a core's L2."""


class PixelFormat(StrEnum):
    """A pixel format by its PFNC name.

    Attributes
    ----------
    bits : int
        Significant bits of a grey level.
    stored_bits : int
        Bits that one pixel takes in the body, all its colours together.
    """

    bits: int
    stored_bits: int

    MONO8 = "Mono8", 8, 8
    MONO10 = "Mono10", 10, 16
    MONO10P = "Mono10p", 10, 10
    MONO12 = "Mono12", 12, 16
    MONO12P = "Mono12p", 12, 12
    MONO16 = "Mono16", 16, 16
    RGB8 = "RGB8", 8, 24
    BGR8 = "BGR8", 8, 24

    def __new__(cls, name: str, bits: int, stored_bits: int) -> "PixelFormat":
        """Make the member equal to its PFNC name."""
        member = str.__new__(cls, name)
        member._value_, member.bits, member.stored_bits = name, bits, stored_bits
        return member


_FORMATS = {member.value: member for member in PixelFormat}
_TO_GREY = {PixelFormat.RGB8: cv2.COLOR_RGB2GRAY, PixelFormat.BGR8: cv2.COLOR_BGR2GRAY}


def parse(name: str) -> PixelFormat:
    """Return the format of that PFNC name.

    Raises
    ------
    UnknownFormat
        No format that is read here bears the name.
    """
    try:
        return _FORMATS[name]
    except (KeyError, TypeError):
        raise UnknownFormat(
            f"expected a pixel format out of {', '.join(PixelFormat)}, got {name!r}: "
            "set the camera to one of them, spelt exactly so"
        ) from None


def body_bytes(pixel_format: PixelFormat, width: int, height: int) -> int:
    """Bytes that a frame of `width` x `height` pixels takes; a last byte begun counts whole.

    Raises
    ------
    InconsistentFrame
        A side is not a whole number of pixels, or below 1.
    """
    bits = _side("width", width) * _side("height", height) * pixel_format.stored_bits
    return (bits + 7) // 8


def frame_from_raw(
    body: Body, width: int, height: int, pixel_format: PixelFormat, limits: FrameLimits = DEFAULT_LIMITS
) -> Frame:
    """See a raw body as a frame.

    Parameters
    ----------
    body : bytes-like
        The pixels, rows packed. The frame of an unpacked grey format is a view of it, without
        a copy: leave the body alone for as long as the frame is used.
    width, height : int
        Columns and rows.
    pixel_format : PixelFormat
        How the body is to be read. Colour becomes grey by the weights of ITU-R BT.601.
    limits : FrameLimits
        The largest frame accepted; checked before memory is taken.

    Raises
    ------
    InconsistentFrame
        A side that is no whole number or too short, or a body of another length.
    FrameTooLarge
        More rows, columns or pixels than the limits allow.
    CorruptFrame
        Grey levels that the format cannot hold: the body is of another format.
    """
    limits.check(_side("width", width), _side("height", height))
    octets = np.frombuffer(body, np.uint8)
    expected = body_bytes(pixel_format, width, height)
    if octets.size != expected:
        raise InconsistentFrame(
            f"expected {expected} bytes for {width} x {height} pixels of {pixel_format}, got {octets.size}: "
            "check width, height and pixel format, and that rows are sent without padding"
        )
    return Frame(_grey(octets, int(height), int(width), pixel_format), pixel_format.bits)


def _side(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise InconsistentFrame(
            f"expected {name} to be a whole number of pixels from 1, got {value!r}: give the frame's {name}"
        )
    return int(value)


def _grey(octets: NDArray[np.uint8], rows: int, columns: int, pixel_format: PixelFormat) -> Pixels:
    if pixel_format in _TO_GREY:
        grey = cv2.cvtColor(octets.reshape(rows, columns, 3), _TO_GREY[pixel_format])
        return np.asarray(grey, np.uint8)
    if pixel_format.stored_bits == 8:
        return octets.reshape(rows, columns)
    if pixel_format.stored_bits == 16:
        return _words(octets, pixel_format).reshape(rows, columns)
    return _unpacked(octets, rows * columns, pixel_format.bits).reshape(rows, columns)


def _words(octets: NDArray[np.uint8], pixel_format: PixelFormat) -> NDArray[np.uint16]:
    """Two bytes a pixel, as a view; copied only where the body begins at an odd address."""
    pixels = np.require(octets.view(np.uint16), requirements="A")
    room = (1 << pixel_format.bits) - 1
    if pixel_format.bits < 16 and (largest := int(pixels.max())) > room:
        raise CorruptFrame(
            f"expected grey levels up to {room} in {pixel_format}, got {largest}: "
            "name the pixel format that the camera is set to"
        )
    return pixels


def _unpacked(packed: NDArray[np.uint8], count: int, bits: int) -> NDArray[np.uint16]:
    """`count` pixels of `bits` bits each, read least significant bit first.

    Four pixels lie in bits / 2 bytes and are read as one 8-byte word at any address. The last
    words would reach past the end of the body, so they are read from a padded copy of its tail.
    """
    step = bits // 2
    words = np.empty(-(-count // 4), np.uint64)
    inside = max((packed.size - 8) // step + 1, 0)
    tail = np.zeros((words.size - inside) * step + 8, np.uint8)
    tail[: packed.size - inside * step] = packed[inside * step :]
    _spread(packed, words[:inside], bits)
    _spread(tail, words[inside:], bits)
    return words.view(np.uint16)[:count]


def _spread(packed: NDArray[np.uint8], words: NDArray[np.uint64], bits: int) -> None:
    """Fill each word with four pixels of 16 bits: first its pairs part, then the pixels in each pair."""
    groups = np.ndarray(words.shape, np.dtype("<u8"), packed, strides=(bits // 2,))
    pixel = (1 << bits) - 1
    pair, upper_pair = (1 << 2 * bits) - 1, ((1 << 2 * bits) - 1) << 2 * bits
    upper_pixels = pixel << bits | pixel << (bits + 32)
    moved = np.empty(min(_BLOCK, words.size), np.uint64)
    for start in range(0, words.size, _BLOCK):
        block = words[start : start + _BLOCK]
        block[:] = groups[start : start + _BLOCK]
        scratch = moved[: block.size]
        np.bitwise_and(block, upper_pair, out=scratch)
        block &= pair
        block |= np.left_shift(scratch, 2 * (16 - bits), out=scratch)
        np.bitwise_and(block, upper_pixels, out=scratch)
        block ^= scratch
        block |= np.left_shift(scratch, 16 - bits, out=scratch)
