"""The store: everything the station must not forget, in one file under the data folder."""

import fcntl
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StationError, StoreFailed
from service.store import reads, shadows, writes
from service.store.database import DATABASE, migrate, reading_engine, writing_engine
from service.store.entries import FrameEntry, FrameKey, RollCameraEntry, RollEntry
from service.store.shadows import ShadowCount, ShadowName
from service.store.write_ahead_log import shorten
from service.store.writer import Writer

T = TypeVar("T")


class Store:
    """Records, durable when their future is done.

    Parameters
    ----------
    folder : Path
        Made when missing; one station at a time may have it.

    Raises
    ------
    StationError
        Another station has the folder.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "station.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise StationError(
                f"expected {folder} for this station alone, another one has it: stop that first"
            ) from None
        path = self._path = folder / DATABASE
        self._writing, self._reading = writing_engine(path), reading_engine(path)
        migrate(self._writing)
        self._writer = Writer(self._writing)

    @property
    def healthy(self) -> bool:
        """Whether records are being written."""
        return self._writer.healthy

    @property
    def waiting(self) -> int:
        """Records that wait to be written."""
        return self._writer.waiting

    def keep_frame(self, entry: FrameEntry) -> Future[None]:
        """Keep an inspected frame."""
        return self._writer.submit(partial(writes.write_frame, entry=entry))

    def keep_refusal(self, key: FrameKey, reason: str, detail: str, at: datetime) -> Future[None]:
        """Remember a frame that was not inspected."""
        return self._writer.submit(partial(writes.write_refusal, key=key, reason=reason, detail=detail, at=at))

    def open_roll(self, roll: RollEntry) -> Future[None]:
        """Pin a roll to what it was opened with."""
        return self._writer.submit(partial(writes.write_roll, roll=roll))

    def open_roll_camera(self, entry: RollCameraEntry) -> Future[None]:
        """Pin a camera on a roll to its calibration."""
        return self._writer.submit(partial(writes.write_roll_camera, entry=entry))

    def keep_shadow(self, count: ShadowCount, otherwise: Sequence[ShadowName]) -> Future[None]:
        """Add to what a shadow has named."""
        return self._writer.submit(partial(shadows.write_shadow, count=count, otherwise=otherwise))

    def prune_crops(self, before: int, most: int) -> Future[int]:
        """Remove the crops of some frames whose number is smaller."""
        return self._writer.submit(partial(writes.prune_crops, before=before, most=most))

    def shorten_log(self) -> None:
        """Keep SQLite's write-ahead log short, whatever readers do; may hold the writer up for some milliseconds.

        Raises
        ------
        StoreFailed
            The next time it may work.
        """
        try:
            shorten(self._path)
        except sqlite3.Error as problem:
            raise StoreFailed(f"expected to cut the write-ahead log, it failed: {problem}") from problem

    def read(self, question: Callable[[Connection], T]) -> T:
        """Ask one of the questions in `reads`, on a short connection of its own.

        Raises
        ------
        StoreFailed
            It cannot be answered now.
        """
        try:
            with self._reading.connect() as connection:
                return question(connection)
        except (SQLAlchemyError, sqlite3.Error) as problem:
            raise StoreFailed(
                f"expected the store to answer, it failed ({type(problem).__name__}): try again"
            ) from problem

    def last_number(self) -> int:
        """Return the largest frame number given so far."""
        return self.read(reads.last_number)

    def close(self) -> None:
        """Write what is waiting and let go of the folder."""
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
