"""The disk guard: how much room there is, when it will be gone, and who may still write.

Pictures stop first, while `keep_free_gib` are left. Records go on. Other programs write to the same disk, so
that rule alone does not save room for records: a file of `reserve_mib` is allocated while there is room, and
removed when nothing else is left. SQLite then finds free blocks again, records go on (256 MiB are some 100,000
clean frames, a quarter of an hour of four busy cameras), and the station can be ended in order: a full disk
would not even let the write-ahead log be copied into the database, nor the station be started again. When
somebody has made room the reserve is allocated anew, with posix_fallocate: that takes blocks without writing
them; a sparse file would reserve nothing.

Only the writer knows that a record could not be written, so the guard asks it. Nothing here has to be
restarted: every look starts from what is true now.
"""

import logging
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from statistics import median

from service.settings import Settings

RESERVE = "disk.reserve"
"""The reserve's name in the station's folder."""

_LOOK_EVERY_S = 1.0
_REMEMBER_EVERY_S = 60.0
_REMEMBERED = 60
"""Looks that the forecast rests on: an hour."""

_FEWEST = 5
"""Looks below which nothing is forecast."""

_LAST_BYTES = 16 << 20
"""Less is a full disk: what the write-ahead log can grow by between two looks."""

_A_GROUP_BYTES = 1 << 20
"""Less, and a group of frames may find no room although a single small record still did."""

_log = logging.getLogger(__name__)


class Level(StrEnum):
    """What the disk still takes; at the last level each record is tried, and refused if it does not fit."""

    OK = "ok"
    PICTURES_STOPPED = "pictures-stopped"
    RECORDS_STOPPED = "records-stopped"


@dataclass(frozen=True)
class DiskState:
    """What the guard saw last.

    Attributes
    ----------
    free_bytes : int
        Without the reserve.
    total_bytes : int
    hours_to_full : float or None
        Until the reserve, too, is used up, if it goes on as in the last hour; None while it does not fill.
    level : Level
    """

    free_bytes: int
    total_bytes: int
    hours_to_full: float | None
    level: Level


class DiskGuard:
    """Watches the file system of the station's folder, in a thread of its own once it is started.

    Made before the store is opened: if the disk is full, the reserve makes the room to open it.

    Parameters
    ----------
    settings : Settings
    timer : callable
        Seconds, monotonic.
    """

    def __init__(self, settings: Settings, timer: Callable[[], float]) -> None:
        self._folder, self._timer = settings.data_dir, timer
        self._folder.mkdir(parents=True, exist_ok=True)
        self._for_pictures = int(settings.keep_free_gib * 2**30)
        self._reserve = Reserve(self._folder / RESERVE, settings.reserve_mib << 20)
        self._records_go_on: Callable[[], bool] = lambda: True
        self._remembered: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)
        self._hours_to_full: float | None = None
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, name="disk-guard", daemon=True)
        self._state = self.look()

    def start(self, records_go_on: Callable[[], bool]) -> None:
        """Look on once a second.

        Parameters
        ----------
        records_go_on : callable
            Whether the latest record could be written.
        """
        self._records_go_on = records_go_on
        self._thread.start()

    def state(self) -> DiskState:
        """Return what was seen last; may be called from any thread."""
        return self._state

    def has_room_for_pictures(self) -> bool:
        """Look now whether a picture may be written; may be called from any thread."""
        return shutil.disk_usage(self._folder).free >= self._for_pictures

    def close(self) -> None:
        """Stop looking; the reserve stays."""
        self._stop.set()
        self._thread.join()

    def look(self) -> DiskState:
        """Look once: give the reserve up or take it again, remember, forecast, tell."""
        going_on = self._records_go_on()
        self._reserve.follow(shutil.disk_usage(self._folder).free, going_on=going_on)
        usage = shutil.disk_usage(self._folder)
        self._remember(usage.free + self._reserve.held_bytes)
        return DiskState(usage.free, usage.total, self._hours_to_full, self._level(usage.free, going_on))

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            try:
                state = self.look()
            except OSError as problem:
                _log.error("the disk cannot be looked at: %s", problem)
                continue
            if state.level is not self._state.level:
                _log.warning("disk: %s, %.1f MiB free", state.level, state.free_bytes / 2**20)
            self._state = state

    def _level(self, free_bytes: int, going_on: bool) -> Level:
        """What stops records on a disk with room is no matter of the disk."""
        if free_bytes >= self._for_pictures:
            return Level.OK
        used_up = not self._reserve.held_bytes and free_bytes < _A_GROUP_BYTES
        return Level.RECORDS_STOPPED if used_up or not going_on else Level.PICTURES_STOPPED

    def _remember(self, left_bytes: int) -> None:
        now = self._timer()
        if not self._remembered or now - self._remembered[-1][0] >= _REMEMBER_EVERY_S:
            self._remembered.append((now, left_bytes))
            self._hours_to_full = hours_to_full(self._remembered)


class Reserve:
    """A file that holds disk back for records.

    Parameters
    ----------
    path : Path
        One of an earlier run is taken over.
    size_bytes : int
        0 holds nothing back.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path, self._size_bytes = path, size_bytes
        self.held_bytes = path.stat().st_size if path.exists() else 0
        if self.held_bytes != size_bytes:
            self._give_up()

    def follow(self, free_bytes: int, *, going_on: bool) -> None:
        """Give the file up on a full disk, take it again once as much again would be left."""
        last_bytes = min(_LAST_BYTES, self._size_bytes // 4) if going_on else self._size_bytes
        if self.held_bytes and free_bytes < last_bytes:
            _log.warning("the disk is full: the reserve of %d MiB is given up", self.held_bytes >> 20)
            self._give_up()
        elif not self.held_bytes and self._size_bytes and free_bytes >= 2 * self._size_bytes:
            self._take()

    def _take(self) -> None:
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
        except OSError as problem:
            _log.warning("no reserve on this disk: %s", problem)
            self._give_up()
        else:
            self.held_bytes = self._size_bytes

    def _give_up(self) -> None:
        self._path.unlink(missing_ok=True)
        self.held_bytes = 0


def hours_to_full(looks: deque[tuple[float, int]]) -> float | None:
    """Forecast by the median of the slopes between all pairs of looks: one big file more or less moves it little.

    Parameters
    ----------
    looks : deque of (float, int)
        Seconds, and bytes left then; oldest first.
    """
    if len(looks) < _FEWEST:
        return None
    slope = median((then - left) / (later_s - at_s) for (at_s, left), (later_s, then) in combinations(looks, 2))
    return looks[-1][1] / -slope / 3600 if slope < 0 else None
