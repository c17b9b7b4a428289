"""Every error the station raises on purpose, beside those of the inspection library.

    CoatsightError
    `-- StationError
        |-- Unauthorized        no key, or not one of ours
        |-- UnknownCamera       nobody configured it and the settings ask that somebody does
        |-- UnknownFrame        no frame bears this id, or no picture of it was kept
        |-- Conflict            the number is taken by other pixels
        |-- MalformedBody       the body is not what its headers say
        |   |-- DigestMismatch  the bytes were changed on their way
        |   |-- BodyTooSlow     the body did not arrive in time
        |   `-- LengthRequired  a body whose size is unknown in advance
        |-- UnusableBackup      it is damaged, of a later version, or in the wrong place
        |-- WorseModel          it names the golden set worse than the model in use
        |-- UnknownCoding       a Content-Type or Content-Encoding that is not read here
        `-- Busy                later it may work: try again
            |-- QueueFull       too many frames of this camera are waiting
            `-- StoreFailed     the record could not be written

A message says what was expected, what came, and what to do.
"""

from inspection.errors import CoatsightError


class StationError(CoatsightError):
    """Base of the station's own errors."""


class Unauthorized(StationError):
    """No key, or not one of ours."""


class UnknownCamera(StationError):
    """A camera that nobody configured, where the settings ask that somebody does."""


class UnknownFrame(StationError):
    """No frame bears this id, or no picture of it was kept."""


class Conflict(StationError):
    """The frame's number on this roll is taken by other pixels."""


class MalformedBody(StationError):
    """The body is not what its headers say."""


class DigestMismatch(MalformedBody):
    """The bytes were changed on their way."""


class BodyTooSlow(MalformedBody):
    """The body did not arrive in time."""


class LengthRequired(MalformedBody):
    """A body whose size is unknown in advance."""


class UnusableBackup(StationError):
    """A backup that is damaged, of a later version, or in the wrong place."""


class WorseModel(StationError):
    """A model that names the golden set worse than the one in use."""


class UnknownCoding(StationError):
    """A Content-Type or Content-Encoding that is not read here."""


class Busy(StationError):
    """Later it may work."""


class QueueFull(Busy):
    """Too many frames of this camera are waiting."""


class StoreFailed(Busy):
    """The record could not be written."""
