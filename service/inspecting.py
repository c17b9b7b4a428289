"""What happens to a frame up to the record that is to be kept; belongs to the event loop.

the roll's pins -> a process inspects -> the same number before? -> frozen camera? -> a number of its own
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from inspection.record import held
from service.answered import AnsweredNumbers
from service.answers import Arrival, entry_of
from service.bodies import Body
from service.decoding import Decoding
from service.errors import Conflict, RollClosed
from service.frame_numbers import FrameNumbers
from service.frozen_camera import REMEMBERED_FRAMES, FrozenCamera, Seen
from service.inspectors import Inspectors
from service.rolls import Rolls
from service.store import reads
from service.store.camera_views import has_view, write_view
from service.store.entries import ClosedRoll, FrameEntry, FrameKey
from service.store.openings import closed_roll
from service.store.store import Store
from service.workbench import Done, Pins, Task

_KEPT_OPEN = 64


@dataclass(frozen=True, eq=False)
class Submission:
    """A frame as it was received.

    Attributes
    ----------
    key : FrameKey
    body : Body
    decoding : Decoding
    digests : dict of str to bytes
        Checksums that were told.
    received_at : datetime
    body_ms : float
        How long the body took to come.
    position_mm : float or None
        Web position of row 0; None follows from the sequence.
    captured_at : datetime or None
    """

    key: FrameKey
    body: Body
    decoding: Decoding
    digests: dict[str, bytes]
    received_at: datetime
    body_ms: float
    position_mm: float | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True, eq=False)
class Inspected:
    """A frame that is to be kept, and what inspecting it brought."""

    entry: FrameEntry
    done: Done


@dataclass(frozen=True)
class Known:
    """A frame that was sent and answered before."""

    answer: bytes
    stages_ms: dict[str, float]


@dataclass(eq=False)
class _Pair:
    """One camera on one roll."""

    pins: Pins
    answered: AnsweredNumbers
    closed: ClosedRoll | None
    has_view: bool


class Inspecting:
    """Inspects submissions.

    Parameters
    ----------
    store : Store
    rolls : Rolls
    inspectors : Inspectors
    clock : callable
        The time of day, aware.
    with_candidates : bool
        Whether somebody wants what the classifier saw.
    with_input : callable
        Whether the frame of a camera is to tell how lamp, lens and sensor are doing.
    """

    def __init__(
        self,
        store: Store,
        rolls: Rolls,
        inspectors: Inspectors,
        *,
        clock: Callable[[], datetime],
        with_candidates: bool,
        with_input: Callable[[str], bool],
    ) -> None:
        self._store, self._rolls, self._inspectors = store, rolls, inspectors
        self._with_candidates, self._with_input = with_candidates, with_input
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._latest: dict[str, AnsweredNumbers] = {}
        self._lock = threading.Lock()
        self._frozen = FrozenCamera(self._before)
        self._numbers = FrameNumbers(store.last_number(), clock)

    async def inspect(self, submission: Submission, submitted: float, deadline: float) -> Inspected | Known:
        """Inspect a frame, unless its number was answered before.

        Raises
        ------
        FrameError, MalformedBody
            The body cannot become a frame.
        Conflict
            The number is taken by other pixels.
        RollClosed
            The roll is closed, and the frame was not answered before.
        DeadlinePassed
            It waited too long, or took too long.
        InspectionCrashed, InspectorsDown
        """
        pair, key = await self._pair(submission.key), submission.key
        if pair.closed and not pair.answered.may_have(key.sequence):
            raise RollClosed(pair.closed.told)
        task = Task(
            size=submission.body.pixels.size,
            digests=submission.digests,
            decoding=submission.decoding,
            pins=pair.pins,
            sequence=key.sequence,
            position_mm=submission.position_mm,
            submitted=submitted,
            deadline=deadline,
            with_candidates=self._with_candidates,
            with_input=self._with_input(key.camera_id),
        )
        done = await self._inspectors.inspect(task, submission.body)
        if pair.answered.may_have(key.sequence) and (answer := await self._answered(key, done.pixel_hash)):
            return Known(answer, dict(done.stages_ms))
        if pair.closed:
            raise RollClosed(pair.closed.told)
        return self._inspected(submission, done)

    def offered(self, entry: FrameEntry) -> None:
        """Remember that a frame is given to the store: whatever comes of it, the number may be taken from now on."""
        key = entry.key
        if pair := self._pairs.get((key.roll_id, key.camera_id)):
            self._keep_view(pair, entry)
            pair.answered.add(key.sequence)
            self._latest[key.camera_id] = pair.answered
            if len(self._latest) > _KEPT_OPEN:
                self._latest.pop(next(iter(self._latest)))

    def forget(self, roll_id: str) -> None:
        """Ask the store anew about a roll: it was closed."""
        with self._lock:
            for pair in [pair for pair in self._pairs if pair[0] == roll_id]:
                del self._pairs[pair]

    def missing_of(self, camera_id: str) -> int:
        """Count the numbers that a camera's latest roll is missing below the newest answered one."""
        latest = self._latest.get(camera_id)
        return latest.missing if latest else 0

    def _keep_view(self, pair: _Pair, entry: FrameEntry) -> None:
        """Have the view of a camera's first frame on a roll kept, just before the frame; nobody waits for it."""
        if pair.has_view:
            return
        key = entry.key
        kept = self._store.change(partial(write_view, roll_id=key.roll_id, camera_id=key.camera_id, view=entry.view))
        pair.has_view = True
        kept.add_done_callback(partial(_viewed, pair))

    def _inspected(self, submission: Submission, done: Done) -> Inspected:
        record = held(done.record, self._frozen.holds(submission.key, done.pixel_hash))
        arrival = Arrival(submission.key, submission.captured_at, submission.received_at)
        entry = entry_of(self._numbers.take(), arrival, done, record)
        return Inspected(entry, done)

    async def _pair(self, key: FrameKey) -> _Pair:
        """Tell how this camera's frames on this roll are inspected; the first one has the store asked."""
        if pair := self._pairs.get((key.roll_id, key.camera_id)):
            return pair
        return await asyncio.to_thread(self._met, key)

    def _met(self, key: FrameKey) -> _Pair:
        self._frozen.know(key.camera_id)
        pins = self._rolls.pinned(key.roll_id, key.camera_id)
        last, count = self._store.read(partial(reads.answered_so_far, camera_id=key.camera_id, roll_id=key.roll_id))
        closed = self._store.read(partial(closed_roll, roll_id=key.roll_id))
        viewed = self._store.read(partial(has_view, roll_id=key.roll_id, camera_id=key.camera_id))
        pair = _Pair(pins, AnsweredNumbers(last, count), closed, viewed)
        with self._lock:
            while len(self._pairs) >= _KEPT_OPEN:
                self._pairs.pop(next(iter(self._pairs)))
            return self._pairs.setdefault((key.roll_id, key.camera_id), pair)

    async def _answered(self, key: FrameKey, pixel_hash: bytes) -> bytes | None:
        question = partial(reads.stored_answer, key=key)
        stored = await asyncio.to_thread(self._store.read, question)
        if stored and stored.pixel_hash != pixel_hash:
            raise Conflict(
                f"expected the pixels that frame {key.sequence} of {key.camera_id} on {key.roll_id} "
                "was answered for, got others: give each frame its own sequence, or open a new roll"
            )
        return stored.answer if stored else None

    def _before(self, camera_id: str) -> list[Seen]:
        return self._store.read(partial(reads.latest_pixels, camera_id=camera_id, limit=REMEMBERED_FRAMES))


def _viewed(pair: _Pair, kept: Future[None]) -> None:
    """Have a later frame bring the view where it could not be written."""
    pair.has_view = not kept.cancelled() and kept.exception() is None
