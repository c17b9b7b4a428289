"""Refusals: frames that were not inspected, remembered without any answer waiting for it.

When the station says no, it does so hundreds of times a second, and then least of all may the writer be kept from
records: what is refused while a batch waits to be written joins the next one, one row for each frame and cause.
"""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Boolean, Connection, bindparam, exists, not_, or_, select
from sqlalchemy.dialects.sqlite import insert

from service.store.database import compiled
from service.store.entries import FrameKey, stamp
from service.store.tables import frames, not_inspected
from service.store.writer import Writer

CONFLICT: Final = "conflict"
"""The one cause of a frame whose number was inspected: its pixels were others."""

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
        self._lock = threading.Lock()
        self._collected: dict[tuple[FrameKey, str], Refusal] = {}
        self._batch: Future[None] | None = None
        self.forgotten = 0

    def keep(self, refusal: Refusal) -> None:
        """Remember a refusal soon.

        Raises
        ------
        StoreFailed
            The writer takes nothing now; the refusal is remembered once it does.
        """
        with self._lock:
            self._collect(refusal)
        self.write()

    def write(self) -> Future[None] | None:
        """Have what was collected written, unless a batch is waiting already; return that batch.

        Raises
        ------
        StoreFailed
            The writer takes nothing now.
        """
        with self._lock:
            if self._collected and self._batch is None:
                self._batch = self._writer.submit(self._write_collected)
                self._batch.add_done_callback(self._written)
            return self._batch

    def _collect(self, refusal: Refusal) -> None:
        place = refusal.key, refusal.cause
        before = self._collected.pop(place, None)
        self._collected[place] = before.again(refusal) if before else refusal
        if len(self._collected) > _MOST_KEPT:
            self._collected.pop(next(iter(self._collected)))
            self.forgotten += 1

    def _write_collected(self, connection: Connection) -> None:
        with self._lock:
            batch, self._collected = self._collected, {}
        try:
            connection.connection.cursor().executemany(_REMEMBER, [_row(refusal) for refusal in batch.values()])
        except Exception:
            self._put_back(batch)
            raise

    def _put_back(self, batch: dict[tuple[FrameKey, str], Refusal]) -> None:
        with self._lock:
            later, self._collected = self._collected, batch
            for refusal in later.values():
                self._collect(refusal)

    def _written(self, batch: Future[None]) -> None:
        with self._lock:
            self._batch = None
        if not batch.cancelled() and batch.exception() is None and self._collected:
            self.write()


def _remember() -> str:
    """Insert a refusal or count one more attempt, unless a frame of its number was inspected."""
    names = ("camera_id", "roll_id", "sequence")
    inspected = exists().where(*(frames.c[name] == bindparam(f"its_{name}") for name in names))
    values = [bindparam(column.name, type_=column.type).label(column.name) for column in _WRITTEN]
    row = select(*values).where(or_(bindparam("anyway", type_=Boolean), not_(inspected)))
    more = insert(not_inspected).from_select([column.name for column in _WRITTEN], row)
    again = {
        "detail": more.excluded.detail,
        "attempts": not_inspected.c.attempts + more.excluded.attempts,
        "last_at": more.excluded.last_at,
    }
    keys = list(not_inspected.primary_key.columns)
    return compiled(more.on_conflict_do_update(index_elements=keys, set_=again))


_WRITTEN = [column for column in not_inspected.columns if column.name != "closed_at"]
_REMEMBER = _remember()


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
