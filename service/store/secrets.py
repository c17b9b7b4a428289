"""What opens the station now: digests of keys and sessions, read whole whenever one of them changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, exists, select, update

from service.store.audit import last_number
from service.store.entries import stamp
from service.store.tables import api_keys, sessions, users


@dataclass(frozen=True)
class Secret:
    """Whom a digest stands for.

    Attributes
    ----------
    digest : str
        SHA-256 of a key or a cookie.
    kind : str
    name : str
        The user's, or the key's id.
    role : str
    camera_id : str or None
        The one camera that may use a key; * is any, None a user.
    last_used_at, expires_at : datetime or None
        Of a session.
    """

    digest: str
    kind: Literal["key", "user"]
    name: str
    role: str
    camera_id: str | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Secrets:
    """All of them, at one moment.

    Attributes
    ----------
    change : int
        Grows with every change.
    anybody : bool
        Whether there ever was a key or a user.
    people : bool
        Whether somebody can sign in.
    by_digest : dict
    """

    change: int
    anybody: bool
    people: bool
    by_digest: Mapping[str, Secret]


def read_secrets(connection: Connection) -> Secrets:
    """Read everything that opens the station.

    The last change is asked for first: where each question sees what is committed when it begins (PostgreSQL), a
    key revoked between two of them is then read again, instead of opening the station until the next change.
    """
    change = last_number(connection)
    known = [*_keys(connection), *_sessions(connection)]
    anybody = connection.scalar(select(exists(select(users.c.login)) | exists(select(api_keys.c.key_id))))
    people = connection.scalar(select(exists(select(users.c.login).where(users.c.active))))
    by_digest = {secret.digest: secret for secret in known}
    return Secrets(change, bool(anybody), bool(people), by_digest)


def write_last_used(connection: Connection, used: Mapping[str, datetime]) -> None:
    """Note when keys and sessions, told by their digests, were last used."""
    for digest, at in used.items():
        for table in (api_keys, sessions):
            connection.execute(update(table).where(table.c.digest == digest).values(last_used_at=stamp(at)))


def _keys(connection: Connection) -> list[Secret]:
    columns = api_keys.c.digest, api_keys.c.key_id, api_keys.c.role, api_keys.c.camera_id
    question = select(*columns).where(api_keys.c.revoked_at.is_(None))
    return [Secret(row.digest, "key", row.key_id, row.role, row.camera_id) for row in connection.execute(question)]


def _sessions(connection: Connection) -> list[Secret]:
    question = select(sessions, users.c.name, users.c.role).join(users).where(users.c.active)
    return [
        Secret(
            row.digest,
            "user",
            row.name,
            row.role,
            last_used_at=datetime.fromisoformat(row.last_used_at),
            expires_at=datetime.fromisoformat(row.expires_at),
        )
        for row in connection.execute(question)
    ]
