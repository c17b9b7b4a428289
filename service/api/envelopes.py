"""Envelopes: what headers and query say of a body, checked before a byte of it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, FormParser, parse_options_header
from starlette.datastructures import Headers

from inspection.errors import CorruptFrame, FrameTooLarge, InconsistentFrame
from inspection.frame import Frame
from inspection.image_file import IMAGE_MEDIA_TYPES, content_matches, decode_image
from inspection.pixel_format import PixelFormat, body_bytes, frame_from_raw, parse
from service.errors import LengthRequired, MalformedBody, UnknownCoding
from service.schemas import FrameQuery
from service.settings import Settings

RAW: Final = "application/octet-stream"
MULTIPART: Final = "multipart/form-data"
MEDIA_TYPES: Final = (RAW, *IMAGE_MEDIA_TYPES, MULTIPART)

_LARGEST_WINDOW_BYTES = 128 << 20


@dataclass(frozen=True, eq=False)
class Envelope:
    """A body that may be read.

    Attributes
    ----------
    size : int
        Bytes to read.
    decode : callable
        Makes a frame of them.
    """

    size: int
    decode: Callable[[NDArray[np.uint8]], Frame]


def envelope_of(headers: Headers, query: FrameQuery, settings: Settings) -> Envelope:
    """Check what is told of a body.

    Raises
    ------
    UnknownCoding, UnknownFormat
        A media type, coding or pixel format that is not read here.
    FrameTooLarge, InconsistentFrame
        Its size is over the limits, or not what width, height and format say.
    LengthRequired, MalformedBody
        Its size is not told, or is no number.
    """
    media_type, options = parse_options_header(headers.get("content-type"))
    kind = media_type.decode("latin-1")
    coding = headers.get("content-encoding", "identity").strip().lower()
    length = _content_length(headers)
    if length is not None and length > settings.max_body_bytes:
        raise FrameTooLarge(
            f"expected a body of at most {settings.max_body_bytes} bytes, got {length}: send fewer lines per frame"
        )
    if kind == RAW and coding in ("identity", "zstd"):
        return _raw(length, query, settings, packed=coding == "zstd")
    if coding != "identity":
        raise UnknownCoding(f"expected zstd for raw pixels or no Content-Encoding, got {coding}: send it plain")
    if kind in IMAGE_MEDIA_TYPES:
        return Envelope(_told(length), partial(_image, media_type=kind, query=query, settings=settings))
    if kind == MULTIPART:
        boundary = options.get(b"boundary", b"")
        return Envelope(_told(length), partial(_form, boundary=boundary, query=query, settings=settings))
    raise UnknownCoding(f"expected a Content-Type out of {', '.join(MEDIA_TYPES)}, got {kind or 'none'}")


def _content_length(headers: Headers) -> int | None:
    told = headers.get("content-length")
    if told is None:
        return None
    if not (told.isascii() and told.isdecimal()):
        raise MalformedBody(f"expected Content-Length to be a number, got {told!r}")
    return int(told)


def _told(length: int | None) -> int:
    if length is None:
        raise LengthRequired("expected a Content-Length, got none: only raw pixels may be sent without one")
    return length


def _raw(length: int | None, query: FrameQuery, settings: Settings, *, packed: bool) -> Envelope:
    width, height, pixel_format = _shape(query)
    settings.frame_limits.check(width, height)
    size = body_bytes(pixel_format, width, height)
    view = partial(_view, width=width, height=height, pixel_format=pixel_format, settings=settings)
    if packed:
        return Envelope(_told(length), lambda body: view(_unpacked(body, size)))
    if length not in (None, size):
        raise InconsistentFrame(
            f"expected {size} bytes for {width} x {height} pixels of {pixel_format}, got {length}: "
            "check width, height and pixel format, and that rows are sent without padding"
        )
    return Envelope(size, view)


def _shape(query: FrameQuery) -> tuple[int, int, PixelFormat]:
    if query.width is None or query.height is None or query.pixel_format is None:
        missing = [name for name in ("width", "height", "pixel_format") if getattr(query, name) is None]
        raise InconsistentFrame(
            f"expected width, height and pixel_format in the query of raw pixels, got no {', '.join(missing)}"
        )
    return query.width, query.height, parse(query.pixel_format)


def _view(body: NDArray[np.uint8], *, width: int, height: int, pixel_format: PixelFormat, settings: Settings) -> Frame:
    return frame_from_raw(body.data, width, height, pixel_format, settings.frame_limits)


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


def _image(body: NDArray[np.uint8], *, media_type: str, query: FrameQuery, settings: Settings) -> Frame:
    content_matches(body.data, media_type)
    return _of_told_size(decode_image(body.data, settings.frame_limits), query)


def _of_told_size(frame: Frame, query: FrameQuery) -> Frame:
    told = query.width or frame.columns, query.height or frame.rows
    if told != (frame.columns, frame.rows):
        raise InconsistentFrame(
            f"expected a file of {told[0]} x {told[1]} pixels as the query says, "
            f"got {frame.columns} x {frame.rows}: correct the query"
        )
    return frame


def _form(body: NDArray[np.uint8], *, boundary: bytes, query: FrameQuery, settings: Settings) -> Frame:
    """Decode the part `image`: a file of any type read here, or raw pixels of the format in the query."""
    image = _image_part(body, boundary)
    if query.pixel_format is not None:
        width, height, pixel_format = _shape(query)
        return _view(image, width=width, height=height, pixel_format=pixel_format, settings=settings)
    return _of_told_size(decode_image(image.data, settings.frame_limits), query)


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
