"""The audit trail: who changed what, when and from where, in the transaction of the change itself.

Rows are only ever added; triggers in the database refuse the rest. Each row's hash covers the row and the hash
before it, so that whoever changes the file behind the triggers' back breaks the chain. Cutting off its end, or
writing all of it anew, shows only to somebody who noted the last row's number and hash elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, Row, func, insert, select, text

from service.errors import BrokenTrail
from service.store.entries import stamp
from service.store.tables import audit_trail

_BEFORE_THE_FIRST = "0" * 64
_TOLD = ("id", "at", "actor_kind", "actor", "address", "verb", "subject", "details")
_AT_A_TIME = 1000

Detail: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Actor:
    """Who does something.

    Attributes
    ----------
    kind : str
    name : str
        The user's, the key's id, or the operating system's name of who called a command.
    address : str
        Where from; of a command the machine's name.
    """

    kind: Literal["user", "key", "command line", "nobody"]
    name: str
    address: str

    @property
    def told(self) -> str:
        """In words, without where from."""
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True)
class AuditRow:
    """A row of the trail; `details` is JSON."""

    id: int
    at: str
    actor_kind: str
    actor: str
    address: str
    verb: str
    subject: str
    details: str
    hash: str


def audit(connection: Connection, actor: Actor, verb: str, subject: str, *, at: datetime, **details: Detail) -> None:
    """Add a row to the trail, inside the transaction of what it tells.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    actor : Actor
    verb : str
        What was done, in the past: `key revoked`.
    subject : str
        What it was done to: `key 1f2e3d4c`.
    at : datetime
    **details
        What else is worth knowing; never a secret.
    """
    if connection.dialect.name == "postgresql":
        # Two transactions that both follow the same last row would give the same number; SQLite has one writer.
        connection.execute(text("LOCK TABLE audit_trail IN EXCLUSIVE MODE"))
    number, before = last_row(connection)
    told = {
        "id": number + 1,
        "at": stamp(at),
        "actor_kind": actor.kind,
        "actor": actor.name,
        "address": actor.address,
        "verb": verb,
        "subject": subject,
        "details": json.dumps(details, sort_keys=True),
    }
    connection.execute(insert(audit_trail), told | {"hash": _hash(before, [told[name] for name in _TOLD])})


def last_row(connection: Connection) -> tuple[int, str]:
    """Return the number and hash of the last row; 0 and zeros before the first."""
    question = select(audit_trail.c.id, audit_trail.c.hash).order_by(audit_trail.c.id.desc()).limit(1)
    row = connection.execute(question).one_or_none()
    return (row.id, row.hash) if row else (0, _BEFORE_THE_FIRST)


def last_number(connection: Connection) -> int:
    """Return the number of the last row: it grows with every change of people, keys and sessions."""
    return connection.scalar(select(func.max(audit_trail.c.id))) or 0


def audit_rows(
    connection: Connection, *, limit: int, before: int | None = None, since: datetime | None = None
) -> list[AuditRow]:
    """List rows, the latest first.

    Parameters
    ----------
    connection : Connection
    limit : int
    before : int, optional
        Only rows with a smaller number.
    since : datetime, optional
        Only rows from that moment on.
    """
    question = select(audit_trail).order_by(audit_trail.c.id.desc()).limit(limit)
    if before is not None:
        question = question.where(audit_trail.c.id < before)
    if since is not None:
        question = question.where(audit_trail.c.at >= stamp(since))
    return [AuditRow(**row._mapping) for row in connection.execute(question)]


def verify_trail(connection: Connection, noted: tuple[int, str] | None = None) -> tuple[int, str]:
    """Follow the chain from its first row to its last; return the last row's number and hash.

    Parameters
    ----------
    connection : Connection
    noted : tuple of (int, str), optional
        Number and hash of a row, noted earlier.

    Raises
    ------
    BrokenTrail
        A row is missing or was changed, or the noted one is not there as it was.
    """
    number, before, found = 0, _BEFORE_THE_FIRST, None
    for row in _from_the_first(connection):
        if row.id != number + 1 or row.hash != _hash(before, list(row)[:-1]):
            raise BrokenTrail(f"expected row {number + 1} as it was written, it was changed or taken out")
        number, before = row.id, row.hash
        found = (number, before) if noted and number == noted[0] else found
    if noted and found != noted:
        raise BrokenTrail(f"expected row {noted[0]} with hash {noted[1]} as noted, the trail has none or another there")
    return number, before


def _from_the_first(connection: Connection) -> Iterator[Row[*tuple[int | str, ...]]]:
    question = select(*(audit_trail.c[name] for name in (*_TOLD, "hash"))).order_by(audit_trail.c.id)
    yield from connection.execution_options(yield_per=_AT_A_TIME).execute(question)


def _hash(before: str, told: Sequence[object]) -> str:
    return hashlib.sha256((before + json.dumps(list(told))).encode()).hexdigest()


def as_told(row: AuditRow) -> dict[str, object]:
    """Return a row with its details as an object."""
    return asdict(row) | {"details": json.loads(row.details)}
