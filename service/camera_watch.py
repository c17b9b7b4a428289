"""Watching the cameras: how lamp, lens and sensor are doing, from a frame now and then.

At most one frame of each camera in `measure_input_every_s` is measured, by the process that inspects it: 1.0 to
1.6 ms for one of 4 Mpx. A thread of its own makes minutes of what was measured, which are kept, and alarms,
which stand in memory.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from inspection.input_health import InputHealth
from service.errors import StoreFailed
from service.health_minutes import OpenMinute
from service.input_alarms import Alarm, InputAlarms, limits_from
from service.metrics import Metrics
from service.settings import Settings
from service.store.camera_health import HealthMinute
from service.store.store import Store

_MOST_WAITING = 64

_LOOK_EVERY_S = 1.0
"""How often finished minutes of silent cameras are looked for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sample:
    camera_id: str
    measures: dict[str, float]
    calibration_version: int
    at: datetime


@dataclass(frozen=True)
class CameraInput:
    """How a camera's input was when it was last measured, and the alarms that stand."""

    measured_at: datetime
    calibration_version: int
    measures: dict[str, float]
    alarms: tuple[Alarm, ...]


class CameraWatch:
    """Learns from measured frames in a thread of its own; `wants` and `take` belong to the event loop.

    Parameters
    ----------
    settings : Settings
    store : Store
    metrics : Metrics
    clock : callable
        The time of day, aware.
    tell : callable
        Told each camera's id and input when it was measured.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
        tell: Callable[[str, CameraInput], None],
    ) -> None:
        self._store, self._metrics, self._clock, self._tell = store, metrics, clock, tell
        self._every_s, self._limits = settings.measure_input_every_s, limits_from(settings)
        self._due_s: dict[str, float] = {}
        self._alarms: dict[str, InputAlarms] = {}
        self._minutes: dict[str, OpenMinute] = {}
        self._latest: dict[str, CameraInput] = {}
        self._waiting: queue.Queue[_Sample | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="camera-watch", daemon=True)
        self._thread.start()

    def wants(self, camera_id: str, at_s: float) -> bool:
        """Tell whether a frame of this camera is to be measured, `at_s` on any monotonic clock."""
        if at_s < self._due_s.get(camera_id, at_s):
            return False
        self._due_s[camera_id] = at_s + self._every_s
        return True

    def take(self, camera_id: str, health: InputHealth, calibration_version: int) -> None:
        """Learn from a measured frame; one more than the thread can take is left out."""
        try:
            self._waiting.put_nowait(_Sample(camera_id, asdict(health), calibration_version, self._clock()))
        except queue.Full:
            _log.debug("a measured frame is left out", extra={"camera": camera_id})

    def of(self, camera_id: str) -> CameraInput | None:
        """Tell a camera's latest input, None before the first was measured."""
        return self._latest.get(camera_id)

    def close(self) -> None:
        """Learn what is waiting, keep the minutes that are open, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            going_on = self._next()
            self._keep([minute for minute in self._minutes.values() if minute.is_over(self._clock()) or not going_on])

    def _next(self) -> bool:
        """Learn from the next frame, if one comes soon; whether to go on."""
        try:
            sample = self._waiting.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            return True
        if sample:
            self._learn(sample.camera_id, sample.measures, sample.calibration_version, sample.at)
        return sample is not None

    def _learn(self, camera_id: str, measures: dict[str, float], version: int, at: datetime) -> None:
        self._minute(camera_id, version, at).take(measures)
        alarms = self._alarms.setdefault(camera_id, InputAlarms(self._limits))
        before = self._latest.get(camera_id)
        if before and before.calibration_version != version:
            alarms.start_over()
        begun, ended = alarms.take(measures, at)
        latest = self._latest[camera_id] = CameraInput(at, version, measures, alarms.raised)
        self._metrics.input_health(camera_id, measures, alarms.states())
        _log_alarms(camera_id, begun, ended)
        self._tell(camera_id, latest)

    def _minute(self, camera_id: str, version: int, at: datetime) -> OpenMinute:
        """The camera's open minute; one that this sample does not belong to is kept first."""
        found = self._minutes.get(camera_id)
        if found and (found.is_over(at) or found.calibration_version != version):
            self._keep([found])
        return self._minutes.setdefault(camera_id, OpenMinute(camera_id, version, at))

    def _keep(self, minutes: list[OpenMinute]) -> None:
        if not minutes:
            return
        for minute in minutes:
            del self._minutes[minute.camera_id]
        finished = [minute.finished() for minute in minutes]
        try:
            self._store.keep_health(finished).add_done_callback(partial(_log_failure, finished))
        except StoreFailed as problem:
            _log.warning("the input of %d cameras is not kept: %s", len(finished), problem)


def _log_alarms(camera_id: str, begun: list[Alarm], ended: list[Alarm]) -> None:
    for alarm in begun:
        _log.warning("input alarm: %s", alarm.told, extra={"camera": camera_id, "measure": alarm.measure})
    for alarm in ended:
        _log.info("input alarm is over: %s", alarm.measure, extra={"camera": camera_id, "measure": alarm.measure})


def _log_failure(finished: list[HealthMinute], done: Future[None]) -> None:
    if problem := done.exception():
        _log.warning("the input of %d cameras is not kept: %s", len(finished), problem)
