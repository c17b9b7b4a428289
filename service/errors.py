"""Every error the station raises on purpose, beside those of the inspection library.

    CoatsightError
    `-- StationError
        |-- Unauthorized        no key, or not one of ours
        |-- UnknownCamera       nobody configured it and the settings ask that somebody does
        |-- UnknownFrame        no frame bears this id, or no picture of it was kept
        |-- UnknownRoll         no frame was sent of this roll
        |-- Conflict            the number is taken by other pixels
        |-- MalformedBody       the body is not what its headers say
        |   |-- DigestMismatch  the bytes were changed on their way
        |   |-- BodyTooSlow     the body did not arrive in time
        |   `-- LengthRequired  a body whose size is unknown in advance
        |-- WorseModel          it names the golden set worse than the model in use
        |-- UnknownCoding       a Content-Type or Content-Encoding that is not read here
        |-- InspectionCrashed   the frame ended its inspection, or inspection never ended
        `-- Busy                later it may work: try again
            |-- QueueFull       too many frames of this camera are waiting
            |-- TooManyPages    no further page may look at what happens now
            |-- InspectorsDown  the inspecting process was ended by another frame
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


class UnknownRoll(StationError):
    """No frame was sent of this roll."""


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


class WorseModel(StationError):
    """A model that names the golden set worse than the one in use."""


class UnknownCoding(StationError):
    """A Content-Type or Content-Encoding that is not read here."""


class InspectionCrashed(StationError):
    """The frame ended the process that inspected it, or its inspection never ended."""


class Busy(StationError):
    """Later it may work."""


class QueueFull(Busy):
    """Too many frames of this camera are waiting."""


class TooManyPages(Busy):
    """No further page may look at what happens now."""


class InspectorsDown(Busy):
    """The inspecting process was ended by another frame, and is being started again."""


class StoreFailed(Busy):
    """The record could not be written."""
