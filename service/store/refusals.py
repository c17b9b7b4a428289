"""Refusals: frames that were not inspected, remembered without any answer waiting for it.

When the station says no, it does so hundreds of times a second, and then least of all may the writer be kept from
records: refusals are collected, one row for each frame and cause, and ride along with the next record, or a batch of
them is written four times a second. What a power cut takes of them is missing on the roll instead: no answer had it.
"""

import threading
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Boolean, Connection, bindparam, cast, exists, not_, or_, select
from sqlalchemy.sql import ClauseElement

from service.errors import StoreFailed
from service.store.entries import FrameKey, stamp
from service.store.statements import DriverCursor, InsertInto, compiled
from service.store.tables import frames, not_inspected
from service.store.writer import Writer

CONFLICT: Final = "conflict"
"""The one cause of a frame whose number was inspected: its pixels were others."""

_WRITE_EVERY_S = 0.25

_LONGEST_LAST_S = 2.0
"""While the database is away, no longer: what then cannot be written is lost."""

_MOST_KEPT = 20_000
"""While the store fails; beyond that the oldest are forgotten, and their numbers are missing on the roll instead."""


@dataclass(frozen=True)
class Refusal:
    """A frame that was not inspected.

    Attributes
    ----------
    key : FrameKey
    cause : str
        Name of the problem that its camera was told.
    detail : str
        The latest attempt's.
    first_at, last_at : datetime
    attempts : int
    position_mm : float or None
        Web position of row 0, where it was told.
    rows : int or None
        Lines, where they were told.
    """

    key: FrameKey
    cause: str
    detail: str
    first_at: datetime
    last_at: datetime
    attempts: int = 1
    position_mm: float | None = None
    rows: int | None = None

    def again(self, later: "Refusal") -> "Refusal":
        """Count a later attempt at the same frame."""
        return replace(later, first_at=self.first_at, attempts=self.attempts + later.attempts)


class Refusals:
    """Collects refusals and writes them in batches; may be used from any thread.

    Parameters
    ----------
    writer : Writer
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        # Held again by the same thread where a batch has failed already when its callback is set.
        self._lock = threading.RLock()
        self._collected: dict[tuple[FrameKey, str], Refusal] = {}
        self._writing: dict[tuple[FrameKey, str], Refusal] = {}
        self._batch: Future[None] | None = None
        self._written_s = float("-inf")
        writer.when_idle = self.write

    def keep(self, refusal: Refusal) -> None:
        """Remember a refusal soon: with the next record, with later refusals, or when the writer has been idle."""
        with self._lock:
            self._collect(refusal)
        if time.monotonic() - self._written_s >= _WRITE_EVERY_S:
            self.write()

    def write(self) -> Future[None] | None:
        """Have what was collected written, unless a batch waits already; return the batch, if there is one."""
        if not self._collected:
            return self._batch
        self._written_s = time.monotonic()
        with self._lock:
            if self._batch is None and self._collected:
                self._submit()
            return self._batch

    def finish(self) -> None:
        """Have everything written, also what was collected while a batch was being written."""
        if batch := self.write():
            wait([batch], _LONGEST_LAST_S)
        self.write()

    def _submit(self) -> None:
        try:
            self._batch = self._writer.submit(self._write_collected, patient=True)
        except StoreFailed:
            return
        self._batch.add_done_callback(self._written)

    def _collect(self, refusal: Refusal) -> None:
        place = refusal.key, refusal.cause
        before = self._collected.pop(place, None)
        self._collected[place] = before.again(refusal) if before else refusal
        if len(self._collected) > _MOST_KEPT:
            self._collected.pop(next(iter(self._collected)))

    def _write_collected(self, connection: Connection) -> None:
        """Write what was collected up to now; run again in another transaction, all of it is written again."""
        with self._lock:
            self._put_back()
            self._writing, self._collected = self._collected, {}
        rows = [_row(refusal) for refusal in self._writing.values()]
        DriverCursor(connection).executemany(_REMEMBER, rows)

    def _put_back(self) -> None:
        later, self._collected, self._writing = self._collected, self._writing, {}
        for refusal in later.values():
            self._collect(refusal)

    def _written(self, batch: Future[None]) -> None:
        with self._lock:
            self._batch = None
            if batch.cancelled() or batch.exception() is not None:
                self._put_back()
            self._writing = {}


_WRITTEN = [column for column in not_inspected.columns if column.name != "closed_at"]


def _remember(insert: InsertInto) -> ClauseElement:
    """Insert a refusal or count one more attempt, unless a frame of its number was inspected."""
    names = ("camera_id", "roll_id", "sequence")
    inspected = exists().where(*(frames.c[name] == bindparam(f"its_{name}") for name in names))
    values = [cast(bindparam(column.name), column.type).label(column.name) for column in _WRITTEN]
    row = select(*values).where(or_(bindparam("anyway", type_=Boolean), not_(inspected)))
    more = insert(not_inspected).from_select([column.name for column in _WRITTEN], row)
    again = {
        "detail": more.excluded.detail,
        "attempts": not_inspected.c.attempts + more.excluded.attempts,
        "last_at": more.excluded.last_at,
    }
    return more.on_conflict_do_update(index_elements=list(not_inspected.primary_key.columns), set_=again)


_REMEMBER = compiled(_remember)


def _row(refusal: Refusal) -> tuple[Any, ...]:
    key = refusal.key.camera_id, refusal.key.roll_id, refusal.key.sequence
    return (
        *key,
        refusal.cause,
        refusal.detail,
        refusal.attempts,
        stamp(refusal.first_at),
        stamp(refusal.last_at),
        refusal.position_mm,
        refusal.rows,
        refusal.cause == CONFLICT,
        *key,
    )
