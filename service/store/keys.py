"""API keys, of which only SHA-256 is kept; changes stand in the audit trail too, in the same transaction."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from service.errors import StationError
from service.store.audit import Actor, audit
from service.store.entries import stamp
from service.store.tables import api_keys

ID_DIGITS = 12
"""A key's id is the beginning of its digest: whoever finds a key can tell which it is."""


@dataclass(frozen=True)
class KeyEntry:
    """A key as it is known; the key itself is not.

    Attributes
    ----------
    key_id : str
    digest : str
        SHA-256 in hexadecimal digits.
    camera_id : str
        The camera that may use it; * is any.
    role : str
    purpose : str
        For people.
    created_at : str
    revoked_at, last_used_at : str or None
    """

    key_id: str
    digest: str
    camera_id: str
    role: str
    purpose: str
    created_at: str
    revoked_at: str | None = None
    last_used_at: str | None = None


def all_keys(connection: Connection) -> list[KeyEntry]:
    """List the keys, oldest first, revoked ones too."""
    question = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id)
    return [KeyEntry(**row._mapping) for row in connection.execute(question)]


def add_key(connection: Connection, entry: KeyEntry, actor: Actor, at: datetime) -> None:
    """Keep a new key's digest."""
    connection.execute(insert(api_keys), asdict(entry))
    told = {"camera": entry.camera_id, "role": entry.role, "purpose": entry.purpose}
    audit(connection, actor, "key added", f"key {entry.key_id}", at=at, **told)


def revoke_key(connection: Connection, key_id: str, actor: Actor, at: datetime) -> None:
    """Let a key open nothing any more; a second time changes nothing.

    Raises
    ------
    StationError
        There is no such key.
    """
    known = connection.execute(select(api_keys).filter_by(key_id=key_id)).one_or_none()
    if known is None:
        raise StationError(f"expected the id of a key, there is no {key_id}: coatsight keys list tells them")
    if known.revoked_at is None:
        connection.execute(update(api_keys).where(api_keys.c.key_id == key_id).values(revoked_at=stamp(at)))
        audit(connection, actor, "key revoked", f"key {key_id}", at=at, camera=known.camera_id)
