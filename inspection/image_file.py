"""Image files: the bytes of a PNG, JPEG, TIFF or BMP file in, a frame of grey levels out.

The file type follows from the first bytes, out of a short list, never from a name. Size and
wholeness are read from the file itself before OpenCV sees it, so neither a decompression bomb nor a
truncated file gets as far as a decoder. Grey stays what it is, 8 or 16 bits; colour becomes grey
by the weights of ITU-R BT.601; transparency is refused, since what lies beneath it is unknown.
Pixels stay in the order they are stored in: a note on how to turn the picture for viewing is not heeded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from inspection.errors import CorruptFrame, FrameError, FrameTooLarge, InconsistentFrame, UnknownFormat
from inspection.frame import DEFAULT_LIMITS, Frame, FrameLimits, Pixels
from inspection.image_header import (
    ImageHeader,
    check_bmp_whole,
    check_jpeg_whole,
    check_png_whole,
    read_bmp,
    read_jpeg,
    read_png,
)
from inspection.pixel_format import Body
from inspection.tiff_header import check_tiff_whole, read_tiff


@dataclass(frozen=True)
class _FileType:
    """How one type of file is known, measured and found whole."""

    media_type: str
    signatures: tuple[bytes, ...]
    read: Callable[[memoryview], ImageHeader]
    check_whole: Callable[[memoryview], None]


_FILE_TYPES = (
    _FileType("image/png", (b"\x89PNG\r\n\x1a\n",), read_png, check_png_whole),
    _FileType("image/jpeg", (b"\xff\xd8\xff",), read_jpeg, check_jpeg_whole),
    _FileType("image/tiff", (b"II*\0", b"MM\0*"), read_tiff, check_tiff_whole),
    _FileType("image/bmp", (b"BM",), read_bmp, check_bmp_whole),
)

IMAGE_MEDIA_TYPES = tuple(file_type.media_type for file_type in _FILE_TYPES)
"""Media types of the files that are read here."""

_BYTES_PER_PIXEL = 6
_BYTES_AROUND = 1 << 20
"""The largest honest file: three colours of 16 bits, uncompressed, and its metadata."""


def decode_image(body: Body, limits: FrameLimits = DEFAULT_LIMITS) -> Frame:
    """Decode an image file.

    Parameters
    ----------
    body : bytes-like
        The whole file.
    limits : FrameLimits
        The largest frame accepted; compared with the file's header before memory is taken.

    Returns
    -------
    Frame
        8 bits for 8-bit files, 16 for 16-bit files.

    Raises
    ------
    UnknownFormat
        Another type of file, or a variety that cannot be read without guessing.
    FrameTooLarge, InconsistentFrame
        A size outside the limits.
    CorruptFrame
        Truncated or damaged. Damage inside the compressed pixels of a JPEG, LZW or PackBits file goes
        unseen, since these hold no checksum: guard them by one over the body.
    """
    octets = memoryview(body).cast("B")
    file_type = _type_of(octets)
    header = file_type.read(octets)
    limits.check(header.columns, header.rows)
    file_type.check_whole(octets)
    return Frame(_decoded(octets, header), header.bits)


def content_matches(body: Body, media_type: str) -> None:
    """Raise unless the first bytes are those of the media type.

    Raises
    ------
    UnknownFormat
        The media type, or the file's own type, is not read here.
    CorruptFrame
        The body is an image file of another type.
    """
    if media_type not in IMAGE_MEDIA_TYPES:
        raise UnknownFormat(f"expected one of {', '.join(IMAGE_MEDIA_TYPES)}, got {media_type!r}: send one")
    found = _type_of(memoryview(body).cast("B")).media_type
    if found != media_type:
        raise CorruptFrame(f"expected a body of type {media_type}, got {found}: label it as it is")


def read_image(path: Path, limits: FrameLimits = DEFAULT_LIMITS) -> Frame:
    """Read and decode an image file; messages name the path.

    Raises
    ------
    FrameError
        The file cannot be read, or one of `decode_image`'s reasons.
    """
    most = limits.max_pixels * _BYTES_PER_PIXEL + _BYTES_AROUND
    try:
        with path.open("rb") as stream:
            body = stream.read(most + 1)
        if len(body) > most:
            raise FrameTooLarge(f"expected at most {most} bytes, got more: send fewer lines per frame")
        return decode_image(body, limits)
    except OSError as error:
        raise FrameError(f"expected a readable image file, got {path}: {error.strerror}") from error
    except FrameError as error:
        raise type(error)(f"{path}: {error}") from error


def encode_png(pixels: Pixels) -> bytes:
    """Encode pixels without loss, fast rather than small.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns) or (rows, columns, 3), uint8 or uint16
        Grey, or colours in the order blue, green, red.

    Raises
    ------
    InconsistentFrame
        Pixels of another shape or type, or none.
    """
    planar = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if not planar or pixels.size == 0 or pixels.dtype not in (np.uint8, np.uint16):
        raise InconsistentFrame(
            f"expected uint8 or uint16 pixels of shape (rows, columns) or (rows, columns, 3), "
            f"got shape {pixels.shape} of {pixels.dtype}: convert them first"
        )
    _, encoded = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return encoded.tobytes()


def _type_of(octets: memoryview) -> _FileType:
    start = octets[:8].tobytes()
    for file_type in _FILE_TYPES:
        if start.startswith(file_type.signatures):
            return file_type
    raise UnknownFormat(
        f"expected a file of type {', '.join(IMAGE_MEDIA_TYPES)}, "
        f"got one that begins with {start.hex(' ') or 'nothing'}: send one of these, or raw pixels by format"
    )


def _decoded(octets: memoryview, header: ImageHeader) -> Pixels:
    """Grey pixels, after the decoder is found to agree with the header."""
    try:
        decoded = cv2.imdecode(np.frombuffer(octets, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise CorruptFrame("expected an image file that decodes, got a damaged one: send it again") from error
    shape, bits = (header.rows, header.columns), header.bits
    if decoded is None or decoded.shape[:2] != shape or decoded.dtype != np.dtype(f"uint{bits}"):
        raise CorruptFrame(
            f"expected {shape[1]} x {shape[0]} pixels of {bits} bits as the file's header says, "
            "got a file that does not decode to them: send the file again"
        )
    if decoded.shape[2:] not in ((), (3,)):
        raise UnknownFormat(f"expected grey or three colours, got {decoded.shape[2]}: save it as grey")
    grey = decoded if decoded.ndim == 2 else cv2.cvtColor(decoded, cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, np.uint8) if bits == 8 else np.asarray(grey, np.uint16)
