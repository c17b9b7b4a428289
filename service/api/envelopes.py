"""Envelopes: what headers and query say of a body, checked before a byte of it is read."""

from dataclasses import dataclass
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers

from inspection.errors import FrameTooLarge, InconsistentFrame
from inspection.frame import FrameLimits
from inspection.image_file import IMAGE_MEDIA_TYPES
from inspection.pixel_format import parse
from service.decoding import MULTIPART, Decoding, Form, ImageFile, Raw, Shape, Zstd
from service.errors import LengthRequired, MalformedBody, UnknownCoding
from service.frame_query import FrameQuery
from service.settings import Settings

RAW: Final = "application/octet-stream"
MEDIA_TYPES: Final = (RAW, *IMAGE_MEDIA_TYPES, MULTIPART)


@dataclass(frozen=True, eq=False)
class Envelope:
    """A body that may be read.

    Attributes
    ----------
    size : int
        Bytes to read.
    decoding : Decoding
        Makes a frame of them.
    """

    size: int
    decoding: Decoding


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
    limits = settings.frame_limits
    if kind in IMAGE_MEDIA_TYPES:
        return Envelope(_told(length), ImageFile(kind, query.width, query.height, limits))
    if kind == MULTIPART:
        return Envelope(_told(length), Form(options.get(b"boundary", b""), _part(query, limits)))
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
    shape = _shape(query)
    settings.frame_limits.check(shape.width, shape.height)
    raw, size = Raw(shape, settings.frame_limits), shape.body_bytes
    if packed:
        return Envelope(_told(length), Zstd(raw))
    if length not in (None, size):
        raise InconsistentFrame(
            f"expected {size} bytes for {shape.width} x {shape.height} pixels of {shape.pixel_format}, got {length}: "
            "check width, height and pixel format, and that rows are sent without padding"
        )
    return Envelope(size, raw)


def _part(query: FrameQuery, limits: FrameLimits) -> Raw | ImageFile:
    """A form's part: a file of any type read here, or raw pixels of the format in the query."""
    if query.pixel_format is not None:
        return Raw(_shape(query), limits)
    return ImageFile(None, query.width, query.height, limits)


def _shape(query: FrameQuery) -> Shape:
    if query.width is None or query.height is None or query.pixel_format is None:
        missing = [name for name in ("width", "height", "pixel_format") if getattr(query, name) is None]
        raise InconsistentFrame(
            f"expected width, height and pixel_format in the query of raw pixels, got no {', '.join(missing)}"
        )
    return Shape(query.width, query.height, parse(query.pixel_format))
