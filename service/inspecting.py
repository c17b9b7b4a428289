"""What a worker thread does with a frame, up to the record that is to be kept.

decode -> the same number before? -> the roll's recipe, calibration, model -> frozen camera? -> inspect
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from inspection.classification import Naming
from inspection.errors import DeadlinePassed
from inspection.frame import Frame
from inspection.pipeline import Inspection, Inspector
from service.answers import Arrival, entry_of, pixel_hash
from service.errors import Conflict
from service.frame_numbers import FrameNumbers
from service.frozen_camera import REMEMBERED_FRAMES, FrozenCamera, Seen
from service.rolls import OpenRoll, Rolls
from service.store import reads
from service.store.entries import FrameEntry, FrameKey
from service.store.store import Store


@dataclass(frozen=True, eq=False)
class Submission:
    """A frame as it was received.

    Attributes
    ----------
    key : FrameKey
    decode : callable
        Makes the frame; raises the library's `FrameError`.
    received_at : datetime
    position_mm : float or None
        Web position of row 0; None follows from the sequence.
    captured_at : datetime or None
    """

    key: FrameKey
    decode: Callable[[], Frame]
    received_at: datetime
    position_mm: float | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True, eq=False)
class Inspected:
    """A frame that is to be kept, and by what it was inspected."""

    frame: Frame
    entry: FrameEntry
    stages_ms: dict[str, float]
    inspection: Inspection
    naming: Naming
    inspector: Inspector


@dataclass(frozen=True)
class Known:
    """A frame that was sent and answered before."""

    answer: bytes
    stages_ms: dict[str, float]


class Inspecting:
    """Inspects submissions; may be used from any thread.

    Parameters
    ----------
    store : Store
    rolls : Rolls
    clock : callable
        The time of day, aware.
    timer : callable
        Seconds, monotonic.
    """

    def __init__(
        self, store: Store, rolls: Rolls, *, clock: Callable[[], datetime], timer: Callable[[], float]
    ) -> None:
        self._store, self._rolls, self._timer = store, rolls, timer
        self._frozen = FrozenCamera(self._before)
        self._numbers = FrameNumbers(store.last_number(), clock)

    def inspect(self, submission: Submission, submitted: float, deadline: float) -> Inspected | Known:
        """Inspect a frame, unless its number was answered before.

        Raises
        ------
        FrameError
            The body cannot become a frame.
        Conflict
            The number is taken by other pixels.
        DeadlinePassed
            It waited too long, or took too long.
        """
        begun = self._timer()
        if begun > deadline:
            raise DeadlinePassed("expected a free worker in time, the deadline passed while waiting: send fewer frames")
        frame = submission.decode()
        stages_ms = {"queue": 1e3 * (begun - submitted), "decode": 1e3 * (self._timer() - begun)}
        pixels = pixel_hash(frame)
        if answer := self._answered(submission.key, pixels):
            return Known(answer, stages_ms)
        return self._inspected(submission, frame, pixels, (stages_ms, deadline))

    def _inspected(
        self, submission: Submission, frame: Frame, pixels: bytes, timing: tuple[dict[str, float], float]
    ) -> Inspected:
        (stages_ms, deadline), key = timing, submission.key
        opened = self._rolls.opened(key.roll_id, key.camera_id)
        position_mm = _position_mm(submission, frame, opened)
        inspection = opened.inspector.inspect(
            frame,
            position_mm=position_mm,
            decode_ms=stages_ms["decode"],
            holds=(*opened.holds, *self._frozen.holds(key, pixels)),
            deadline=deadline,
        )
        arrival = Arrival(key, position_mm, submission.captured_at, submission.received_at, pixels)
        entry = entry_of(self._numbers.take(), arrival, frame, inspection)
        stages_ms = stages_ms | dict(inspection.record.timing_ms)
        return Inspected(frame, entry, stages_ms, inspection, opened.inspector.recipe.naming, opened.inspector)

    def _answered(self, key: FrameKey, pixels: bytes) -> bytes | None:
        stored = self._store.read(partial(reads.stored_answer, key=key))
        if stored and stored.pixel_hash != pixels:
            raise Conflict(
                f"expected the pixels that frame {key.sequence} of {key.camera_id} on {key.roll_id} "
                "was answered for, got others: give each frame its own sequence, or open a new roll"
            )
        return stored.answer if stored else None

    def _before(self, camera_id: str) -> list[Seen]:
        return self._store.read(partial(reads.latest_pixels, camera_id=camera_id, limit=REMEMBERED_FRAMES))


def _position_mm(submission: Submission, frame: Frame, opened: OpenRoll) -> float:
    if submission.position_mm is not None:
        return submission.position_mm
    return submission.key.sequence * frame.rows * opened.inspector.placement.mm_per_px_down
