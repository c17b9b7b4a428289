"""The one door to the database: engines for writing and reading, and tables brought up to date."""

import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.sql import ClauseElement

DATABASE = "station.sqlite"
"""The file's name in the station's folder."""

_DIALECT = dialect(paramstyle="qmark")

_CHECKPOINT_PAGES = 4000
"""WAL pages after which they are copied into the database: 16 MiB, a few seconds of busy web."""


def writing_engine(path: Path) -> Engine:
    """Make an engine with one connection, whose transactions take the write lock at once."""
    engine = _engine(path, "BEGIN IMMEDIATE", poolclass=StaticPool)
    pragmas = (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        # Debian's SQLite fills what is deleted with zeros, which makes removing crops five times as slow.
        "PRAGMA secure_delete=FAST",
        f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}",
    )
    _on_connect(engine, pragmas)
    return engine


def reading_engine(path: Path) -> Engine:
    """Make an engine whose connections cannot write."""
    engine = _engine(path, "BEGIN", poolclass=QueuePool, pool_size=4, max_overflow=12)
    _on_connect(engine, ("PRAGMA query_only=ON",))
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables up to date."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def compiled(statement: ClauseElement) -> str:
    """Write a statement for the driver; its parameters stand in the statement's order."""
    return str(statement.compile(dialect=_DIALECT))


def _engine(path: Path, begin: str, **pool: Any) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False}, **pool)

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
