"""Watching rolls: alarms while the web runs, from what each answered frame brings of the web.

A thread of its own learns from frames; a frame's answer never waits for it. What was answered is in the store, so that
a frame which finds the thread too busy is not lost: the latest metres are then read again, as they are after a
restart. An alarm that cannot be kept now is kept as soon as the store takes records again, and told then.
"""

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from inspection.errors import RecipeError
from inspection.roll.alarms import Alarm, News, WebAlarms
from inspection.roll.lane_alarms import WINDOW_M
from inspection.roll.lane_series import LaneSums
from inspection.roll.web_defect import WebDefect
from service.errors import StationError, StoreFailed
from service.metrics import Metrics
from service.roll_news import alarms_by, news_of
from service.rollbook.opened import opened_roll
from service.store.entries import FrameEntry, stamp
from service.store.lane_reads import lane_sums
from service.store.roll_alarms import KeptAlarm, latest_alarms, latest_defects, latest_splices, write_alarm
from service.store.store import Store

_MOST_WAITING = 1024
"""Frames of some ten seconds at full speed."""

_MOST_ROLLS = 16
"""Known at the same time; one more, and the one that was silent longest is read again when it goes on."""

_MOST_READ = 4000
"""Defects of a roll's latest metres that are read again."""

_ALARMS_READ = 200
_LOOK_EVERY_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Seen:
    roll_id: str
    news: News


@dataclass(eq=False)
class _Roll:
    """A roll that runs: how much of its web is read again, whether a plan numbers its lanes, and alarms as kept."""

    alarms: WebAlarms
    window_mm: float
    planned: bool
    standing: list[KeptAlarm] = field(default_factory=list)


@dataclass(frozen=True)
class _Unkept:
    roll_id: str
    alarm: Alarm
    raised_at: str


class RollWatch:
    """Learns from answered frames in a thread of its own; `take` belongs to the event loop.

    Parameters
    ----------
    store : Store
    metrics : Metrics
    clock : callable
        The time of day, aware.
    tell : callable
        Told each alarm when it was kept, and again when it is over.
    """

    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
        tell: Callable[[KeptAlarm, bool], None],
    ) -> None:
        self._store, self._metrics, self._clock, self._tell = store, metrics, clock, tell
        self._rolls: OrderedDict[str, _Roll] = OrderedDict()
        self._behind: dict[str, _Seen] = {}
        self._unkept: list[_Unkept] = []
        # Queue would wake this thread through a lock of Python's own, for 0.1 ms of every frame; see `store.writer`.
        self._waiting: queue.SimpleQueue[_Seen | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="roll-watch", daemon=True)
        self._thread.start()

    def take(self, entry: FrameEntry, changed: tuple[WebDefect, ...]) -> None:
        """Learn from an answered frame; one more than the thread can take is read from the store later."""
        seen = _Seen(entry.key.roll_id, news_of(entry, changed))
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put(seen)
        else:
            self._leave_out(seen)

    def close(self) -> None:
        """Learn what is waiting, then stop."""
        self._waiting.put(None)
        self._thread.join()
        for lost in self._unkept:
            _log.error("an alarm could not be kept: %s", lost.alarm.told, extra={"roll": lost.roll_id})

    def _leave_out(self, seen: _Seen) -> None:
        """Remember from where on the roll is to be read again, and up to which frame."""
        self._metrics.roll_watch_behind()
        before = self._behind.get(seen.roll_id)
        if before is None:
            told = {"roll": seen.roll_id, "camera": seen.news.camera_id}
            _log.warning("alarms lag behind: this roll's latest metres will be read again", extra=told)
        from_mm = min(seen.news.from_mm, before.news.from_mm) if before else seen.news.from_mm
        self._behind[seen.roll_id] = replace(seen, news=replace(seen.news, from_mm=from_mm))

    def _run(self) -> None:
        going_on = True
        while going_on:
            going_on = self._next()
            self._keep()

    def _next(self) -> bool:
        """Learn from the next frame, if one comes soon, else from those left out; whether to go on."""
        try:
            seen = self._waiting.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            for behind in list(self._behind.values()):
                self._learn(behind)
            return True
        if seen:
            self._learn(seen)
        return seen is not None

    def _learn(self, seen: _Seen) -> None:
        """Learn from a frame; a roll of which that fails is read again with its next frame."""
        try:
            self._tell_of(seen, self._roll_of(seen))
        except StoreFailed as problem:
            self._rolls.pop(seen.roll_id, None)
            self._behind.setdefault(seen.roll_id, seen)
            _log.warning("alarms lag behind: %s", problem, extra={"roll": seen.roll_id})
        except (StationError, RecipeError) as problem:
            self._rolls.pop(seen.roll_id, None)
            _log.warning("no alarms from this frame: %s", problem, extra={"roll": seen.roll_id})
        except Exception:  # a watch that dies in silence is worse than one frame it cannot read
            self._rolls.pop(seen.roll_id, None)
            _log.exception("no alarms from this frame", extra={"roll": seen.roll_id})

    def _roll_of(self, seen: _Seen) -> _Roll:
        """Return the roll with all that the store knows up to this frame, where not all was handed on."""
        behind = self._behind.pop(seen.roll_id, None)  # first: what is left out from here on is behind again
        roll = self._rolls.get(seen.roll_id)
        if roll is None:
            roll = self._rolls[seen.roll_id] = self._resumed(seen)
            behind = seen
        self._rolls.move_to_end(seen.roll_id)
        if len(self._rolls) > _MOST_ROLLS:
            self._rolls.popitem(last=False)
        if behind:
            self._tell_of(_Seen(seen.roll_id, self._latest(seen.roll_id, behind.news, roll)), roll)
        return roll

    def _resumed(self, seen: _Seen) -> _Roll:
        recipe = self._store.read(partial(opened_roll, roll_id=seen.roll_id)).recipe
        kept = self._store.read(partial(latest_alarms, roll_id=seen.roll_id, limit=_ALARMS_READ))
        roll = _Roll(alarms_by(recipe), max(recipe.repeats.window_mm, 1000.0), bool(recipe.lanes.plan), kept)
        roll.alarms.resume((each.alarm for each in kept), seen.news.from_mm)
        return roll

    def _latest(self, roll_id: str, news: News, roll: _Roll) -> News:
        """Read the latest metres of a roll as if one frame had shown them."""
        since_mm, planned = news.from_mm - roll.window_mm, roll.planned
        defects = self._store.read(partial(latest_defects, roll_id=roll_id, since_mm=since_mm, most=_MOST_READ))
        splices = self._store.read(partial(latest_splices, roll_id=roll_id, since_mm=since_mm))
        return replace(
            news,
            from_mm=since_mm,
            changed=tuple(defects),
            splices=tuple(splices),
            measured=self._lanes_measured(roll_id, news, planned=planned),
        )

    def _lanes_measured(self, roll_id: str, news: News, *, planned: bool) -> tuple[LaneSums, ...]:
        since_m = int(news.from_mm // 1000) - WINDOW_M
        return tuple(self._store.read(partial(lane_sums, roll_id=roll_id, planned=planned, since_m=since_m)))

    def _tell_of(self, seen: _Seen, roll: _Roll) -> None:
        begun, ended = roll.alarms.take(seen.news)
        now = stamp(self._clock()) if begun else ""
        self._unkept += [_Unkept(seen.roll_id, alarm, now) for alarm in begun]
        for alarm in ended:
            self._over(roll, alarm)

    def _over(self, roll: _Roll, alarm: Alarm) -> None:
        for kept in [each for each in roll.standing if each.alarm is alarm]:
            roll.standing.remove(kept)
            _log.info("roll alarm is over: %s", alarm.told, extra={"roll": kept.roll_id, "camera": alarm.camera_id})
            self._tell(kept, True)

    def _keep(self) -> None:
        """Keep alarms and tell them; what cannot be kept now stays for later."""
        while self._unkept:
            first = self._unkept[0]
            write = partial(write_alarm, roll_id=first.roll_id, alarm=first.alarm, raised_at=first.raised_at)
            try:
                self._raise(self._store.change(write).result())
            except StoreFailed:
                return
            except Exception:  # as above: those that come after it are to be told
                _log.exception("an alarm cannot be kept: %s", first.alarm.told, extra={"roll": first.roll_id})
            self._unkept.pop(0)

    def _raise(self, kept: KeptAlarm) -> None:
        alarm = kept.alarm
        if roll := self._rolls.get(kept.roll_id):
            roll.standing.append(kept)
        self._metrics.roll_alarm(alarm.cause.value)
        about = {"roll": kept.roll_id, "camera": alarm.camera_id, "cause": alarm.cause.value}
        _log.warning("roll alarm: %s", alarm.told, extra=about)
        self._tell(kept, False)
