"""The store: everything the station must not forget, in one file under the data folder or in PostgreSQL."""

import fcntl
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from inspection.roll.web_defect import WebDefect
from service.errors import StationError, StoreFailed
from service.store import camera_health, reads, shadows, writes
from service.store.camera_health import HealthMinute
from service.store.database import address_of, is_file, migrate, reading_engine, writing_engine
from service.store.entries import FrameEntry, RollCameraEntry, RollEntry
from service.store.long_questions import LongQuestions
from service.store.refusals import Refusal, Refusals
from service.store.roll_webs import RollWebs
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
    url : str, optional
        Address of a PostgreSQL database, which one station at a time may have; else a file in the folder.

    Raises
    ------
    StationError
        Another station has the folder or the database, or the database does not answer.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "station.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise StationError(
                f"expected {folder} for this station alone, another one has it: stop that first"
            ) from None
        try:
            address = address_of(folder, url)
            self._writing, self._reading = writing_engine(address), reading_engine(address)
            self._failures = SQLAlchemyError, self._reading.dialect.loaded_dbapi.Error
            self._file = Path(address.database) if is_file(address) and address.database else None
            migrate(self._writing)
            self._webs, self._long_questions = RollWebs(), LongQuestions()
            self._writer = Writer(self._writing)
            self._writer.when_undone = self._webs.forget
            self._refusals = Refusals(self._writer)
        except StationError:
            self._lock.close()
            raise

    @property
    def healthy(self) -> bool:
        """Whether records are being written; after a failure, it becomes so again by itself."""
        return self._writer.healthy

    @property
    def waiting(self) -> int:
        """Records that wait to be written."""
        return self._writer.waiting

    def keep_frame(self, entry: FrameEntry) -> Future[tuple[WebDefect, ...]]:
        """Keep an inspected frame; its future tells the defects of the web that are new, or otherwise than before."""
        self._refusals.write()
        return self._writer.submit(partial(writes.write_frame, entry=entry, webs=self._webs))

    def keep_refusal(self, refusal: Refusal) -> None:
        """Remember a frame that was not inspected; nobody need wait for it, and while the database is away it waits."""
        self._refusals.keep(refusal)

    def open_roll(self, roll: RollEntry) -> Future[None]:
        """Pin a roll to what it was opened with."""
        return self._writer.submit(partial(writes.write_roll, roll=roll))

    def open_roll_camera(self, entry: RollCameraEntry) -> Future[None]:
        """Pin a camera on a roll to its calibration."""
        return self._writer.submit(partial(writes.write_roll_camera, entry=entry))

    def keep_shadow(self, count: ShadowCount, otherwise: Sequence[ShadowName]) -> Future[None]:
        """Add to what a shadow has named."""
        return self._writer.submit(partial(shadows.write_shadow, count=count, otherwise=otherwise))

    def keep_health(self, minutes: Sequence[HealthMinute]) -> Future[None]:
        """Keep how cameras' input was."""
        return self._writer.submit(partial(camera_health.write_minutes, minutes=minutes))

    def change(self, write: Callable[[Connection], T]) -> Future[T]:
        """Run one of the changes in `people`, `keys` and `secrets` in one of the writer's transactions."""
        return self._writer.submit(write)

    def prune_crops(self, before: int, most: int) -> Future[int]:
        """Remove the crops of some frames whose number is smaller."""
        return self._writer.submit(partial(writes.prune_crops, before=before, most=most))

    def shorten_log(self) -> None:
        """Keep SQLite's write-ahead log short, whatever readers do; may hold the writer up for some milliseconds.

        PostgreSQL sees to its own.

        Raises
        ------
        StoreFailed
            The next time it may work.
        """
        if self._file is None:
            return
        try:
            shorten(self._file)
        except self._failures as problem:
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
        except self._failures as problem:
            raise StoreFailed(
                f"expected the store to answer, it failed ({type(problem).__name__}): try again"
            ) from problem

    def read_long(self, question: Callable[[Connection], T]) -> T:
        """Ask a question about a whole roll, which may take seconds: after those that were asked before.

        Raises
        ------
        TooManyLongQuestions
            Too many wait already.
        StoreFailed
            It cannot be answered now.
        """
        with self._long_questions.turn():
            return self.read(question)

    def last_number(self) -> int:
        """Return the largest frame number given so far."""
        return self.read(reads.last_number)

    def close(self) -> None:
        """Write what is waiting and let go of the folder."""
        self._refusals.finish()
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
