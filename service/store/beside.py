"""A door for commands: the store of a station that may be running, which goes on as it was.

The folder's lock is the station's own; what is done here is one short transaction, for which its writer waits.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StationError, StoreFailed
from service.store.database import DATABASE, migrate, reading_engine, writing_engine
from service.store.secrets import read_secrets


@contextmanager
def changing(folder: Path) -> Iterator[Connection]:
    """Open one transaction; it is durable when the block ends, and nothing of it is when the block fails.

    Raises
    ------
    StoreFailed
        It cannot be written now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engine = writing_engine(folder / DATABASE)
    try:
        with _telling(folder):
            migrate(engine)
            with engine.begin() as connection:
                yield connection
    finally:
        engine.dispose()


@contextmanager
def reading(folder: Path) -> Iterator[Connection]:
    """Open a connection that sees one state of the store and holds nobody up.

    Raises
    ------
    StationError
        There is no station's store.
    StoreFailed
        It cannot be read now.
    """
    if not (folder / DATABASE).exists():
        raise StationError(f"expected a station's folder, {folder} holds no {DATABASE}: name another --data")
    with changing(folder):
        pass  # the tables are up to date now
    engine = reading_engine(folder / DATABASE)
    try:
        with _telling(folder), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def anybody_known(folder: Path) -> bool:
    """Whether a station has, or had, a key or a user.

    Raises
    ------
    StoreFailed
        It cannot be told now.
    """
    if not (folder / DATABASE).exists():
        return False
    with reading(folder) as connection:
        return read_secrets(connection).anybody


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as problem:
        raise StoreFailed(f"expected the store in {folder} to answer, got {problem}: try again") from problem
