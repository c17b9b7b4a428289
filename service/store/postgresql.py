"""PostgreSQL through psycopg 3: one writing session that owns the database, and a pool of reading ones.

The writing session holds an advisory lock for as long as it lives. Whenever it has to be made anew, the lock is
taken before anything else: by then the server has ended the session before, so that whatever that one had under
way is either committed or gone. A pooler that hands out sessions per transaction cannot stand between.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from service.errors import StationError

_LOCK = 0x636F617473696768
"""The advisory lock of the station that writes: `coatsigh` in ASCII."""

_LOCK_WAIT = "3s"
"""A session of a station that was killed may take a moment to end."""

_LOCK_NOT_AVAILABLE = "55P03"

_LOST_AFTER = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
"""A server that vanished without a word is noticed in seconds; what the address says goes first."""

_WRITING = (
    "synchronous_commit = on",
    # By these the server notices a station that vanished, and lets go of its lock.
    "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 2",
    "tcp_keepalives_count = 3",
    f"lock_timeout = '{_LOCK_WAIT}'",
)
_READING = ("default_transaction_read_only = on",)

_log = logging.getLogger(__name__)


def address_of(url: str) -> URL:
    """Read an address that begins with `postgresql://`.

    Raises
    ------
    StationError
        It cannot be read.
    """
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise StationError(
            "expected a store_url like postgresql://user:password@host:5432/database, got one that cannot be read: "
            "percent-encode what is special in its password"
        ) from None


def shown(address: URL) -> str:
    """Write an address as people gave it, without its password."""
    return address.set(drivername=address.get_backend_name()).render_as_string(hide_password=True)


def writing_engine(address: URL) -> Engine:
    """Make an engine with one session, which owns the database.

    Raises
    ------
    StationError
        psycopg is not installed. Connecting raises it too, when another station has the database.
    """
    engine = _engine(address, poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def _connect(session: Any, _record: object) -> None:
        with _outside_a_transaction(session):
            _set(session, _WRITING)
            _own(session, address)
            _warn_unless_durable(session)

    return engine


def changing_engine(address: URL) -> Engine:
    """Make an engine with one session, which writes beside the one that owns the database.

    Raises
    ------
    StationError
        psycopg is not installed.
    """
    engine = _engine(address, poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def _connect(session: Any, _record: object) -> None:
        with _outside_a_transaction(session):
            _set(session, _WRITING)

    return engine


def reading_engine(address: URL) -> Engine:
    """Make an engine whose sessions cannot write; each statement sees what is committed when it begins.

    Without transactions around them: these would triple what the one question asked for every frame costs.

    Raises
    ------
    StationError
        psycopg is not installed.
    """
    pool = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 12, "pool_timeout": 5, "pool_pre_ping": True}
    engine = _engine(address, isolation_level="AUTOCOMMIT", **pool)

    @event.listens_for(engine, "connect")
    def _connect(session: Any, _record: object) -> None:
        with _outside_a_transaction(session):
            _set(session, _READING)

    return engine


def _engine(address: URL, **options: Any) -> Engine:
    patience = {name: value for name, value in _LOST_AFTER.items() if name not in address.query}
    try:
        # What is written stays out of messages and logs: passwords' hashes, sessions' digests, answers.
        return create_engine(
            address, connect_args={"application_name": "coatsight"} | patience, hide_parameters=True, **options
        )
    except ModuleNotFoundError as problem:
        raise StationError(
            f"expected the driver of PostgreSQL, {problem.name} is not installed: pip install 'psycopg[binary]>=3.2'"
        ) from problem


@contextmanager
def _outside_a_transaction(session: Any) -> Iterator[None]:
    """Let what is set hold for the whole session: the end of a transaction could take it back."""
    before, session.autocommit = session.autocommit, True
    yield
    session.autocommit = before


def _set(session: Any, settings: tuple[str, ...]) -> None:
    for setting in settings:
        session.execute(f"SET {setting}")


def _own(session: Any, address: URL) -> None:
    try:
        session.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    except session.OperationalError as problem:
        if problem.sqlstate != _LOCK_NOT_AVAILABLE:
            raise
        raise StationError(
            f"expected {shown(address)} for this station alone, another one has it: stop that first"
        ) from None


def _warn_unless_durable(session: Any) -> None:
    (fsync,) = session.execute("SHOW fsync").fetchone()
    if fsync != "on":
        _log.warning("the database runs with fsync = %s: a power cut may take answered frames away", fsync)
