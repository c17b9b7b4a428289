"""The station: what happens to a frame between its last byte and its answer.

Inspection runs on a few threads, records go through the store's one writer, and nothing is answered
before it is durable. The same number is never inspected twice at the same time. Belongs to the event loop.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.admission import Admission
from service.calibrations import calibration_folder
from service.disk_guard import DiskGuard
from service.errors import StoreFailed, UnknownCamera
from service.images import Images, Picture
from service.inspecting import Inspected, Inspecting, Known, Submission
from service.live import Live
from service.metrics import Metrics
from service.settings import Settings
from service.shadow import Shadow
from service.store.entries import FrameKey, StoredFrame
from service.store.store import Store

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
    pixels_in_use : bool
        Whether the frame's memory is still needed.
    """

    answer: bytes
    stages_ms: dict[str, float]
    pixels_in_use: bool


class Station:
    """One running station; made of its parts by the application.

    Parameters
    ----------
    settings : Settings
    store : Store
    inspecting : Inspecting
    images : Images
    disk : DiskGuard
    live : Live
    metrics : Metrics
    clock : callable
        The time of day, aware.
    timer : callable
        Seconds, monotonic.

    Attributes
    ----------
    shadow : Shadow or None
        Names every answered frame a second time, where the application sets one.
    """

    shadow: Shadow | None = None

    def __init__(  # its parts, each by name
        self,
        *,
        settings: Settings,
        store: Store,
        inspecting: Inspecting,
        images: Images,
        disk: DiskGuard,
        live: Live,
        metrics: Metrics,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        self.settings, self.store, self.images, self.disk = settings, store, images, disk
        self.live, self.metrics, self.clock, self.timer = live, metrics, clock, timer
        self.admission = Admission(settings.queue_frames, settings.workers)
        self._inspecting = inspecting
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="inspection")
        self._under_way: dict[FrameKey, asyncio.Event] = {}

    @contextmanager
    def admitted(self, camera_id: str) -> Iterator[None]:
        """Hold a place in the camera's queue while its body is read and its frame inspected.

        Raises
        ------
        UnknownCamera, QueueFull
        """
        folder = calibration_folder(self.settings.data_dir, camera_id)
        if self.settings.require_known_cameras and not folder.is_dir():
            raise UnknownCamera(f"expected a camera with a calibration, {camera_id} has none: calibrate it first")
        with self.admission.place(camera_id):
            yield

    async def receive(self, submission: Submission) -> Receipt:
        """Inspect a frame, keep it and return its answer.

        Raises
        ------
        FrameError
            The body cannot become a frame.
        Conflict
            Its number is taken by other pixels.
        DeadlinePassed, StoreFailed
            It is not inspected; it may be sent again.
        """
        submitted = self.timer()
        deadline = submitted + self.settings.deadline_ms / 1e3
        async with self._alone(submission.key):
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(self._pool, self._inspecting.inspect, submission, submitted, deadline)
            if isinstance(outcome, Known):
                self.metrics.repeated()
                return Receipt(outcome.answer, outcome.stages_ms, pixels_in_use=False)
            return await self._kept(outcome)

    def refuse(self, key: FrameKey, reason: str, detail: str) -> None:
        """Remember that a frame was not inspected; the refusal does not wait for it."""
        try:
            self.store.keep_refusal(key, reason, detail, self.clock()).add_done_callback(_log_failure)
        except StoreFailed as problem:
            _log.warning("the refusal of %s is not remembered: %s", key, problem)

    def health_of(
        self, camera_id: str, *, calibrated: bool
    ) -> Literal["ok", "not calibrated", "full", "store failing"]:
        """Tell in a word whether a camera's frames are taken in and judged."""
        if not self.store.healthy:
            return "store failing"
        if self.admission.of(camera_id) >= self.settings.queue_frames:
            return "full"
        return "ok" if calibrated else "not calibrated"

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

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

    async def _kept(self, inspected: Inspected) -> Receipt:
        entry, begun = inspected.entry, self.timer()
        await asyncio.wrap_future(self.store.keep_frame(entry))
        stages_ms = inspected.stages_ms | {"store": 1e3 * (self.timer() - begun)}
        self.admission.took(sum(stages_ms.values()) - stages_ms["queue"])
        if self.shadow:
            self.shadow.offer(entry.number, inspected.inspection, inspected.naming)
        self.metrics.answered(entry.record.verdict.value, stages_ms)
        self.live.tell("frame", lambda: summary_of(entry.stored(), self.images, sum(stages_ms.values())))
        picture = Picture(entry.frame_id, entry.key.camera_id, entry.pixel_hash, inspected.frame)
        in_use = self.images.offer(picture, passed=entry.record.verdict.value == "pass", at_s=begun)
        return Receipt(entry.answer, stages_ms, in_use)


def _log_failure(done: Future[None]) -> None:
    if problem := done.exception():
        _log.warning("a refusal is not remembered: %s", problem)


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
