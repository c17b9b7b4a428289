"""A door for commands: the store of a station that may be running, which goes on as it was.

The folder's lock is the station's own; what is done here is one short transaction, for which its writer waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StationError, StoreFailed
from service.settings import Settings
from service.store.database import DATABASE, address_of, changing_engine, migrate, snapshot_engine
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
    engine = changing_engine(_address(folder))
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
    if not _is_there(folder):
        raise StationError(f"expected a station's folder, {folder} holds no {DATABASE}: name another --data")
    with changing(folder):
        pass  # the tables are up to date now
    engine = snapshot_engine(_address(folder))
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
    if not _is_there(folder):
        return False
    with reading(folder) as connection:
        return read_secrets(connection).anybody


def _address(folder: Path) -> URL:
    return address_of(folder, Settings(data_dir=folder).store_address)


def _is_there(folder: Path) -> bool:
    """Whether the station keeps its records elsewhere, or has the file for them."""
    return Settings(data_dir=folder).store_address is not None or (folder / DATABASE).exists()


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as problem:
        raise StoreFailed(f"expected the store of {folder} to answer, got {problem}: try again") from problem
