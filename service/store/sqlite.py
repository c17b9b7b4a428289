"""SQLite: a file in write-ahead mode, durable at each commit, read while it is written."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

_CHECKPOINT_PAGES = 4000
"""WAL pages after which they are copied into the database: 16 MiB, a few seconds of busy web."""


def writing_engine(address: URL) -> Engine:
    """Make an engine with one connection, whose transactions take the write lock at once."""
    engine = _engine(address, "BEGIN IMMEDIATE", poolclass=StaticPool)
    pragmas = (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        # Debian's SQLite fills what is deleted with zeros, which makes removing crops five times as slow.
        "PRAGMA secure_delete=FAST",
        f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}",
    )
    _on_connect(engine, pragmas)
    return engine


def reading_engine(address: URL) -> Engine:
    """Make an engine whose connections cannot write."""
    engine = _engine(address, "BEGIN", poolclass=QueuePool, pool_size=4, max_overflow=12)
    _on_connect(engine, ("PRAGMA query_only=ON",))
    return engine


def _engine(address: URL, begin: str, **pool: Any) -> Engine:
    # What is written stays out of messages and logs: passwords' hashes, sessions' digests, answers.
    engine = create_engine(address, connect_args={"check_same_thread": False}, hide_parameters=True, **pool)

    # sqlite3's own transaction control would begin late and commit before table changes.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _on_connect(engine: Engine, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("PRAGMA busy_timeout=5000", "PRAGMA foreign_keys=ON", *pragmas):
            connection.execute(pragma)
