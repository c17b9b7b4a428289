"""The station: what happens to a frame between its last byte and its answer.

A place in the camera's queue -> its turn -> an inspecting process -> the store's one writer -> the answer. Nothing
is answered before it is durable. The same number is never inspected twice at the same time. Belongs to the event loop.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from inspection.errors import DeadlinePassed
from inspection.pipeline import NOT_NAMED
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.admission import Admission
from service.bodies import Bodies, Body
from service.calibrations import calibration_folder
from service.camera_watch import CameraWatch
from service.disk_guard import DiskGuard
from service.errors import RollClosed, StoreFailed, UnknownCamera
from service.images import Images, Picture
from service.inspecting import Inspected, Inspecting, Known, Submission
from service.inspectors import Inspectors
from service.live import Live
from service.lost_web import LostWeb
from service.metrics import Metrics
from service.roll_watch import RollWatch
from service.rolls import Rolls
from service.settings import Settings
from service.shadow import Shadow
from service.store.audit import Actor
from service.store.entries import ClosedRoll, FrameEntry, FrameKey, StoredFrame
from service.store.openings import close_roll
from service.store.refusals import Refusal
from service.store.store import Store
from service.told_once import ToldOnce
from service.turns import Turns
from service.workbench import Done

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Receipt:
    """What a camera is told.

    Attributes
    ----------
    answer : bytes
        JSON.
    stages_ms : dict
        How long each stage took.
    """

    answer: bytes
    stages_ms: dict[str, float]


class Station:
    """One running station; made of its parts by the application.

    Parameters
    ----------
    settings : Settings
    store : Store
    rolls : Rolls
    inspecting : Inspecting
    inspectors : Inspectors
    images : Images
    disk : DiskGuard
    live : Live
    metrics : Metrics
    watch : CameraWatch
    roll_watch : RollWatch
    clock : callable
        The time of day, aware.
    timer : callable
        Seconds, monotonic.

    Attributes
    ----------
    shadow : Shadow or None
        Names every answered frame a second time, where the application sets one.
    stopping : bool
        Set when the station was told to stop: it is no longer ready.
    """

    shadow: Shadow | None = None
    stopping = False

    def __init__(  # its parts, each by name
        self,
        *,
        settings: Settings,
        store: Store,
        rolls: Rolls,
        inspecting: Inspecting,
        inspectors: Inspectors,
        images: Images,
        disk: DiskGuard,
        live: Live,
        metrics: Metrics,
        watch: CameraWatch,
        roll_watch: RollWatch,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        self.settings, self.store, self.images, self.disk = settings, store, images, disk
        self.live, self.metrics, self.clock, self.timer = live, metrics, clock, timer
        self.inspectors, self.rolls = inspectors, rolls
        self.watch, self.roll_watch = watch, roll_watch
        self.admission = Admission(settings.queue_frames, inspectors.places, settings.wanted_ms)
        self.bodies = Bodies()
        self.turns = Turns(inspectors.places)
        self.told_once = ToldOnce(asyncio.get_running_loop().call_later)
        self._inspecting = inspecting
        self._under_way: dict[FrameKey, asyncio.Event] = {}
        self._lost = LostWeb(metrics)

    @contextmanager
    def admitted(self, camera_id: str) -> Iterator[None]:
        """Hold a place in the camera's queue while its body is read and its frame inspected.

        Raises
        ------
        UnknownCamera, QueueFull
        StoreFailed
            Records cannot be written just now.
        """
        if self.settings.require_known_cameras and not self._is_known(camera_id):
            raise UnknownCamera(f"expected a camera with a calibration, {camera_id} has none: calibrate it first")
        if not self.store.healthy:
            raise StoreFailed("expected a store that takes records, it cannot just now: try again")
        with self.admission.place(camera_id):
            yield

    def _is_known(self, camera_id: str) -> bool:
        return calibration_folder(self.settings.data_dir, camera_id).is_dir()

    async def receive(self, submission: Submission) -> Receipt:
        """Inspect a frame, keep it and return its answer.

        Raises
        ------
        FrameError
            The body cannot become a frame.
        Conflict
            Its number is taken by other pixels.
        RollClosed
            Its roll takes no frames any more.
        DeadlinePassed, StoreFailed, InspectorsDown
            It is not inspected; it may be sent again.
        InspectionCrashed
            It is not inspected, and would not be if it was sent again.
        """
        submitted = self.timer()
        async with self._alone(submission.key):
            try:
                outcome = await self._in_turn(submission, submitted)
            except DeadlinePassed:
                # Else a station where all frames come too late would let in as many for ever.
                self._learn(submission, submitted, self.timer())
                raise
            if isinstance(outcome, Known):
                self.metrics.repeated(submission.key.camera_id)
                self.bodies.give_back(submission.body)
                return Receipt(outcome.answer, outcome.stages_ms)
            return await self._kept(submission, outcome, submitted)

    async def close_roll(self, roll_id: str, actor: Actor) -> ClosedRoll:
        """Close a roll: frames that are being kept are kept before, all later ones are refused.

        Raises
        ------
        UnknownRoll
        RollClosed
            It was closed before.
        StoreFailed
        """
        closing = partial(close_roll, roll_id=roll_id, actor=actor, at=self.clock())
        closed = await asyncio.wrap_future(self.store.change(closing))
        self._inspecting.forget(roll_id)
        return closed

    def refuse(self, refusal: Refusal) -> None:
        """Remember that a frame was not inspected; its answer does not wait for it."""
        self._lost.count(refusal.key, refusal.cause)
        self.store.keep_refusal(refusal)

    def missing_of(self, camera_id: str) -> int:
        """Count the frames of a camera's latest roll that are missing below the newest answered one."""
        return self._inspecting.missing_of(camera_id)

    def health_of(
        self, camera_id: str, *, calibrated: bool
    ) -> Literal["ok", "not calibrated", "full", "store failing"]:
        """Tell in a word whether a camera's frames are taken in and judged."""
        if not self.store.healthy:
            return "store failing"
        if self.admission.of(camera_id) >= self.settings.queue_frames:
            return "full"
        return "ok" if calibrated else "not calibrated"

    @asynccontextmanager
    async def _alone(self, key: FrameKey) -> AsyncIterator[None]:
        while other := self._under_way.get(key):
            await other.wait()
        mine = self._under_way[key] = asyncio.Event()
        try:
            yield
        finally:
            del self._under_way[key]
            mine.set()

    async def _in_turn(self, submission: Submission, submitted: float) -> Inspected | Known:
        patience_s = self.settings.deadline_ms / 1e3
        async with self.turns.turn(submission.key.camera_id, patience_s):
            return await self._inspecting.inspect(submission, submitted, submitted + patience_s)

    async def _kept(self, submission: Submission, inspected: Inspected, submitted: float) -> Receipt:
        entry, begun = inspected.entry, self.timer()
        self._inspecting.offered(entry)
        changed = await self._keep(entry)
        now, done = self.timer(), inspected.done
        stages_ms = dict(done.stages_ms) | {"store": 1e3 * (now - begun)}
        self._learn(submission, submitted, now)
        self.metrics.answered(entry.key.camera_id, entry.record, stages_ms)
        self._lost.learn(entry.key.camera_id, entry.length_mm / 1e3)
        self.roll_watch.take(entry, changed)
        self._tell(entry, done, sum(stages_ms.values()))
        self._show(submission, entry, now)
        return Receipt(entry.answer, stages_ms)

    async def _keep(self, entry: FrameEntry) -> tuple[WebDefect, ...]:
        try:
            return await asyncio.wrap_future(self.store.keep_frame(entry))
        except RollClosed:
            # A command closed it beside the station.
            self._inspecting.forget(entry.key.roll_id)
            raise

    def _learn(self, submission: Submission, submitted: float, now: float) -> None:
        self.admission.took(submission.key.camera_id, submission.body_ms, 1e3 * (now - submitted))

    def _tell(self, entry: FrameEntry, done: Done, total_ms: float) -> None:
        """Hand what was seen on to whoever looks on."""
        if self.shadow and done.named:
            self.shadow.offer(entry.number, entry.record, done.named)
        if done.health and entry.record.calibration:
            self.watch.take(entry.key.camera_id, done.health, entry.record.calibration.version)
        self._tell_unnamed(entry)
        self.live.tell("frame", lambda: summary_of(entry.stored(), self.images, total_ms))

    def _tell_unnamed(self, entry: FrameEntry) -> None:
        """A model that fails holds frames quietly; the log says so."""
        for reason in entry.record.reasons if entry.record.verdict is Verdict.HOLD else ():
            if reason.startswith(NOT_NAMED):
                about = asdict(entry.key) | {"frame_id": entry.frame_id}
                camera = self.metrics.camera_label(about.pop("camera_id"))
                self.told_once.tell("model-failed", camera, reason, roll=about.pop("roll_id"), **about)

    def _show(self, submission: Submission, entry: FrameEntry, now: float) -> None:
        """Hand the pixels on to who makes pictures of them; from there, or at once, their memory comes back."""
        body, loop = submission.body, asyncio.get_running_loop()
        picture = Picture(
            frame_id=entry.frame_id,
            camera_id=entry.key.camera_id,
            pixel_hash=entry.pixel_hash,
            decode=partial(submission.decoding, body.pixels),
            release=partial(self._release, loop, body),
        )
        if not self.images.offer(
            picture, passed=entry.record.verdict.value == "pass", at_s=now, seen=self.live.watched
        ):
            self.bodies.give_back(body)

    def _release(self, loop: asyncio.AbstractEventLoop, body: Body) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.bodies.give_back, body)


def summary_of(frame: StoredFrame, images: Images, total_ms: float | None = None) -> dict[str, object]:
    """Tell of a frame what the live page draws."""
    answer = json.loads(frame.answer)
    return {
        "frame_id": frame.frame_id,
        "camera_id": frame.camera_id,
        "roll_id": frame.roll_id,
        "sequence": frame.sequence,
        "received_at": frame.received_at,
        "rows": frame.rows,
        "columns": frame.columns,
        "verdict": frame.verdict,
        "reasons": answer["reasons"],
        "boxes": [
            {"kind": defect["kind"], "severity": defect["severity"], **defect["box_px"]} for defect in answer["defects"]
        ],
        "has_image": images.has(frame.frame_id, frame.pixel_hash),
        "total_ms": total_ms,
    }
