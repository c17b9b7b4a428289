"""Decoding: a body's bytes in, a frame out; each way can be sent to another process.

raw pixels, packed by zstd or not -> view
an image file                     -> decoded, its size compared with what was told
a form                            -> its part `image`, by either way
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import google_crc32c
import numpy as np
import zstandard
from numpy.typing import NDArray
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, FormParser

from inspection.errors import CorruptFrame, InconsistentFrame
from inspection.frame import Frame, FrameLimits
from inspection.image_file import content_matches, decode_image
from inspection.pixel_format import PixelFormat, body_bytes, frame_from_raw
from service.errors import DigestMismatch, MalformedBody

# It warns of each malformed form; the camera is told, and a counter counts.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

MULTIPART: Final = "multipart/form-data"

_LARGEST_WINDOW_BYTES = 128 << 20


DIGESTS: Final[Mapping[str, Callable[[NDArray[np.uint8]], bytes]]] = {
    "crc32c": lambda body: google_crc32c.value(body).to_bytes(4, "big"),
    "sha-256": lambda body: hashlib.sha256(body.data).digest(),
}
"""The checksums of RFC 9530 that can be checked here."""


@dataclass(frozen=True)
class Shape:
    """What a query tells of raw pixels."""

    width: int
    height: int
    pixel_format: PixelFormat

    @property
    def body_bytes(self) -> int:
        """Bytes that such pixels take."""
        return body_bytes(self.pixel_format, self.width, self.height)


@dataclass(frozen=True)
class Raw:
    """Raw pixels, rows without padding."""

    shape: Shape
    limits: FrameLimits

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        """Look at the bytes as pixels; nothing is copied unless their format is packed."""
        shape = self.shape
        return frame_from_raw(body.data, shape.width, shape.height, shape.pixel_format, self.limits)


@dataclass(frozen=True)
class Zstd:
    """Raw pixels packed by zstd."""

    raw: Raw

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        """Unpack."""
        return self.raw(_unpacked(body, self.raw.shape.body_bytes))


@dataclass(frozen=True)
class ImageFile:
    """An image file; a width or height that was told must be the file's."""

    media_type: str | None
    width: int | None
    height: int | None
    limits: FrameLimits

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        """Decode; without a media type any type is taken."""
        if self.media_type:
            content_matches(body.data, self.media_type)
        return self._of_told_size(decode_image(body.data, self.limits))

    def _of_told_size(self, frame: Frame) -> Frame:
        told = self.width or frame.columns, self.height or frame.rows
        if told != (frame.columns, frame.rows):
            raise InconsistentFrame(
                f"expected a file of {told[0]} x {told[1]} pixels as the query says, "
                f"got {frame.columns} x {frame.rows}: correct the query"
            )
        return frame


@dataclass(frozen=True)
class Form:
    """A form with one file part `image`."""

    boundary: bytes
    part: Raw | ImageFile

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        """Take the part out, then decode it."""
        return self.part(_image_part(body, self.boundary))


Decoding = Raw | Zstd | ImageFile | Form


def check_digests(body: NDArray[np.uint8], digests: Mapping[str, bytes]) -> None:
    """Compare a body with its digests.

    Raises
    ------
    DigestMismatch
        One is another.
    """
    for name, told in digests.items():
        if (found := DIGESTS[name](body)) != told:
            raise DigestMismatch(
                f"expected a body with {name} {told.hex()}, got one with {found.hex()}: "
                "it was changed on its way, send it again"
            )


def _unpacked(packed: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Unpack into `size` bytes and not one more, whatever the packed bytes claim of themselves."""
    unpacked = np.empty(size, np.uint8)
    at, view = 0, unpacked.data
    try:
        with zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW_BYTES).stream_reader(packed.data) as reader:
            while at < size and (count := reader.readinto(view[at:])):
                at += count
            rest = reader.read(1)
    except zstandard.ZstdError as problem:
        raise CorruptFrame(f"expected pixels packed by zstd, got bytes that do not unpack ({problem})") from problem
    if at != size or rest:
        raise InconsistentFrame(f"expected {size} bytes in zstd, got {'more' if rest else at}: check width, height")
    return unpacked


def _image_part(body: NDArray[np.uint8], boundary: bytes) -> NDArray[np.uint8]:
    files: list[File] = []
    try:
        parser = FormParser(
            MULTIPART, None, files.append, boundary=boundary, config={"MAX_MEMORY_FILE_SIZE": body.size + 1}
        )
        parser.write(body.tobytes())
        parser.finalize()
    except FormParserError as problem:
        raise MalformedBody(f"expected a multipart form, got a malformed one ({problem})") from problem
    images = [file for file in files if file.field_name == b"image"]
    if len(files) != 1 or not images:
        raise MalformedBody(f"expected one file part named image, got {len(files)} file parts: send one")
    images[0].file_object.seek(0)
    return np.frombuffer(images[0].file_object.read(), np.uint8)
