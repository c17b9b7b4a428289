"""Every error the station raises on purpose, beside those of the inspection library.

    CoatsightError
    `-- StationError
        |-- Unauthorized        no key or session, or not one of ours
        |   |-- NotSignedIn     a page, asked for by nobody that is signed in
        |   `-- WrongPassword   no such name with such a password
        |-- Forbidden           known, and not allowed to do that
        |   `-- CrossSite       another site's page asks through somebody's browser
        |-- TooManySignIns      of one account, one address, or at the same time
        |-- BrokenTrail         the audit trail is not as it was written
        |-- UnknownCamera       nobody configured it and the settings ask that somebody does
        |-- UnknownFrame        no frame bears this id, or no picture of it was kept
        |-- UnknownRoll         nobody opened it and no frame was sent of it
        |-- UnknownRecipe       a recipe, or a version of one, that is not there
        |-- UnknownPage         a list goes on after a place that no page named
        |-- RollOpened          the roll was opened before, with something else
        |-- RollClosed          the roll was closed
        |-- OtherProduct        the recipe is for another product than the roll
        |-- UnusableRecipe      a text that was sent as a recipe and is none
        |-- VersionTaken        a version of a recipe stands for another text already
        |-- DryRunFailed        its process ended without an answer
        |-- DryRunTooLong       it was given up
        |-- UnknownLane         the roll has no such lane
        |-- PeriodTooLong       too many rolls ran in it to be counted in one request
        |-- Conflict            the number is taken by other pixels
        |-- MalformedBody       the body is not what its headers say
        |   |-- DigestMismatch  the bytes were changed on their way
        |   |-- BodyTooSlow     the body did not arrive in time
        |   `-- LengthRequired  a body whose size is unknown in advance
        |-- UnusableBackup      it is damaged, of a later version, or in the wrong place
        |-- WorseModel          it names the golden set worse than the model in use
        |-- UnknownCoding       a Content-Type or Content-Encoding that is not read here
        |-- InspectionCrashed   the frame ended its inspection, or inspection never ended
        `-- Busy                later it may work: try again
            |-- QueueFull       too many frames of this camera are waiting
            |-- TooManyDryRuns  another dry run is under way
            |-- TooManyLongQuestions  too many questions about whole rolls wait
            |-- TooManyPages    no further page may look at what happens now
            |-- InspectorsDown  the inspecting process was ended by another frame
            `-- StoreFailed     the record could not be written

A message says what was expected, what came, and what to do.
"""

from inspection.errors import CoatsightError


class StationError(CoatsightError):
    """Base of the station's own errors."""


class Unauthorized(StationError):
    """No key or session, or not one of ours."""


class NotSignedIn(Unauthorized):
    """A page, asked for by nobody that is signed in."""


class WrongPassword(Unauthorized):
    """No such name with such a password; which of the two is not told."""


class Forbidden(StationError):
    """Known, and not allowed to do that."""


class CrossSite(Forbidden):
    """Another site's page asks through somebody's browser."""


class TooManySignIns(StationError):
    """Attempts of one account, from one address, or at the same time.

    Attributes
    ----------
    retry_after_s : int
    """

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BrokenTrail(StationError):
    """The audit trail is not as it was written."""


class UnknownCamera(StationError):
    """A camera that nobody configured, where the settings ask that somebody does."""


class UnknownFrame(StationError):
    """No frame bears this id, or no picture of it was kept."""


class UnknownRoll(StationError):
    """Nobody opened this roll and no frame was sent of it."""


class UnknownPage(StationError):
    """A list goes on after a place that no page of it named."""


class RollOpened(StationError):
    """The roll was opened before, with something else."""


class RollClosed(StationError):
    """The roll was closed: it takes no frames and is not closed again."""


class OtherProduct(StationError):
    """The recipe is for another product than the roll."""


class UnknownRecipe(StationError):
    """A recipe, or a version of one, that is not there."""


class UnusableRecipe(StationError):
    """A text that was sent as a recipe and is none."""


class VersionTaken(StationError):
    """A version of a recipe stands for another text already."""


class DryRunFailed(StationError):
    """The process of a dry run ended without an answer."""


class DryRunTooLong(StationError):
    """A dry run took too long and was given up."""


class UnknownLane(StationError):
    """The roll has no such lane."""


class PeriodTooLong(StationError):
    """Too many rolls ran in it to be counted in one request."""


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


class InspectionCrashed(StationError):
    """The frame ended the process that inspected it, or its inspection never ended."""


class Busy(StationError):
    """Later it may work."""


class QueueFull(Busy):
    """Too many frames of this camera are waiting."""


class TooManyDryRuns(Busy):
    """Another dry run is under way."""


class TooManyLongQuestions(Busy):
    """Too many questions about whole rolls wait."""


class TooManyPages(Busy):
    """No further page may look at what happens now."""


class InspectorsDown(Busy):
    """The inspecting process was ended by another frame, and is being started again."""


class StoreFailed(Busy):
    """The record could not be written."""
