"""Rolls are opened and closed: what is written then, with the audit trail, in one transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select, text

from service.errors import RollClosed, UnknownRoll
from service.store.audit import Actor, audit
from service.store.entries import ClosedRoll, RollEntry, stamp
from service.store.reads import roll
from service.store.tables import closed_rolls
from service.store.writes import write_roll

CLOSED: Final = "the roll is closed"
"""What the trigger says that refuses frames of closed rolls."""

_PATIENCE: Final = "500ms"
"""Shorter than PostgreSQL waits before it looks for a deadlock, so that never the station's own writer is ended."""


def open_roll(connection: Connection, entry: RollEntry, actor: Actor, at: datetime) -> None:
    """Open a roll that somebody asks for."""
    write_roll(connection, entry)
    told = {"product": entry.product, "order_number": entry.order_number, "fields": entry.fields}
    recipe = f"{entry.recipe_name} {entry.recipe_version}"
    audit(connection, actor, "roll opened", f"roll {entry.roll_id}", at=at, recipe=recipe, **told)


def close_roll(connection: Connection, roll_id: str, actor: Actor, at: datetime) -> ClosedRoll:
    """Close a roll for ever: what was answered before stays, no further frame is taken.

    Raises
    ------
    UnknownRoll
        Nobody opened it and no frame was sent of it.
    RollClosed
        It was closed before.
    """
    if roll(connection, roll_id) is None:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {roll_id}")
    closed = ClosedRoll(roll_id, stamp(at), actor.told)
    # Before the lock: frames under way beside a command that closes may wait for the trail themselves.
    _refuse_closed(connection, roll_id)
    audit(connection, actor, "roll closed", f"roll {roll_id}", at=at)
    _wait_for_frames(connection)
    _refuse_closed(connection, roll_id)
    connection.execute(insert(closed_rolls), vars(closed))
    return closed


def closed_roll(connection: Connection, roll_id: str) -> ClosedRoll | None:
    """Tell when and by whom a roll was closed, None of an open one."""
    row = connection.execute(select(closed_rolls).filter_by(roll_id=roll_id)).one_or_none()
    return ClosedRoll(**row._mapping) if row else None


def _refuse_closed(connection: Connection, roll_id: str) -> None:
    if closed := closed_roll(connection, roll_id):
        raise RollClosed(closed.told)


def _wait_for_frames(connection: Connection) -> None:
    """Let PostgreSQL finish transactions with frames first: their trigger has not seen the roll closed.

    SQLite has one writer at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
        connection.execute(text("LOCK TABLE frames IN SHARE ROW EXCLUSIVE MODE"))
