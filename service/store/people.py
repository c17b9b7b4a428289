"""People and their sessions: every change stands in the audit trail too, in the same transaction."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from service.errors import StationError, WrongPassword
from service.store.audit import Actor, audit
from service.store.entries import stamp
from service.store.tables import sessions, users


@dataclass(frozen=True)
class UserEntry:
    """Somebody who may sign in.

    Attributes
    ----------
    login : str
        The name, normalised and case folded: no two are alike.
    name : str
        As it was written.
    role : str
    password_hash : str
    active : bool
    created_at : str
    """

    login: str
    name: str
    role: str
    password_hash: str
    active: bool
    created_at: str


@dataclass(frozen=True)
class SessionEntry:
    """A session: what is known of its cookie, and how long it lasts at most."""

    digest: str
    login: str
    created_at: datetime
    expires_at: datetime


def user(connection: Connection, login: str) -> UserEntry | None:
    """Return the user of that name."""
    row = connection.execute(select(users).filter_by(login=login)).one_or_none()
    return UserEntry(**row._mapping) if row else None


def all_users(connection: Connection) -> list[UserEntry]:
    """List everybody in the order of their names, those who may not sign in any more too."""
    return [UserEntry(**row._mapping) for row in connection.execute(select(users).order_by(users.c.login))]


def add_user(connection: Connection, entry: UserEntry, actor: Actor, at: datetime) -> None:
    """Let somebody sign in.

    Raises
    ------
    StationError
        The name is taken.
    """
    if known := user(connection, entry.login):
        told = "" if known.active else ", deactivated: coatsight users activate lets them in again"
        raise StationError(f"expected a name that nobody has, {known.name} is known already{told}")
    connection.execute(insert(users), asdict(entry))
    audit(connection, actor, "user added", f"user {entry.name}", at=at, role=entry.role)


def set_role(connection: Connection, login: str, role: str, actor: Actor, at: datetime) -> None:
    """Give somebody another role; it holds for open sessions too.

    Raises
    ------
    StationError
        Nobody has that name.
    """
    before = _known(connection, login)
    _set(connection, login, role=role)
    audit(connection, actor, "role changed", f"user {before.name}", at=at, role=role, before=before.role)


def set_password(connection: Connection, login: str, password_hash: str, actor: Actor, at: datetime) -> None:
    """Give somebody another password and end all their sessions.

    Raises
    ------
    StationError
        Nobody has that name.
    """
    known = _known(connection, login)
    _set(connection, login, password_hash=password_hash)
    ended = _end_all(connection, login)
    audit(connection, actor, "password changed", f"user {known.name}", at=at, sessions_ended=ended)


def set_active(connection: Connection, login: str, active: bool, actor: Actor, at: datetime) -> None:
    """Let somebody in again, or no more; the latter ends all their sessions.

    Raises
    ------
    StationError
        Nobody has that name.
    """
    known = _known(connection, login)
    _set(connection, login, active=active)
    ended = _end_all(connection, login)
    verb = "user activated" if active else "user deactivated"
    audit(connection, actor, verb, f"user {known.name}", at=at, sessions_ended=ended)


def open_session(connection: Connection, entry: SessionEntry, checked: UserEntry, actor: Actor) -> None:
    """Sign somebody in whose password was checked; sessions that are over are swept out.

    Raises
    ------
    WrongPassword
        The user was changed since.
    """
    known = user(connection, entry.login)
    if not known or not known.active or known.password_hash != checked.password_hash:
        raise WrongPassword("expected a user as they were a moment ago, they were changed: sign in again")
    connection.execute(delete(sessions).where(sessions.c.expires_at <= stamp(entry.created_at)))
    row = asdict(entry) | {"created_at": stamp(entry.created_at), "expires_at": stamp(entry.expires_at)}
    connection.execute(insert(sessions), row | {"last_used_at": row["created_at"]})
    audit(connection, actor, "signed in", f"user {known.name}", at=entry.created_at)


def end_session(connection: Connection, digest: str, actor: Actor, at: datetime) -> None:
    """End a session, if it is not over already."""
    if connection.execute(delete(sessions).where(sessions.c.digest == digest)).rowcount:
        audit(connection, actor, "signed out", f"user {actor.name}", at=at)


def _known(connection: Connection, login: str) -> UserEntry:
    known = user(connection, login)
    if known is None:
        raise StationError(f"expected the name of a user, nobody is called {login}: coatsight users list tells them")
    return known


def _set(connection: Connection, login: str, **values: Any) -> None:
    connection.execute(update(users).where(users.c.login == login).values(values))


def _end_all(connection: Connection, login: str) -> int:
    return connection.execute(delete(sessions).where(sessions.c.login == login)).rowcount
