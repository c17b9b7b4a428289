"""Copies of the database: taken while a station writes to it, and looked at without changing them.

SQLite's backup begins anew whenever another process has written between two of its steps; beside a busy station
it would never end. So a read transaction is held open for the whole copy: it is of one moment, the writer goes
on, and only its write-ahead log cannot be emptied meanwhile.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory

from service.errors import StoreFailed

COUNTED = ("rolls", "frames", "defects", "crops", "not_inspected")

_PAGES = 256
"""A step of 1 MiB."""


def copy_database(source: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """Copy a database as it is at this moment, and check the copy.

    Parameters
    ----------
    source, target : Path
    told : callable
        Told after each step how many pages are copied, and of how many.

    Raises
    ------
    StoreFailed
        It cannot be read, or is damaged.
    """
    try:
        with _opened(source, "rw") as reading, closing(sqlite3.connect(target)) as writing:
            reading.execute("BEGIN")
            reading.execute("SELECT version_num FROM alembic_version").fetchone()
            writing.execute("PRAGMA synchronous=OFF")
            reading.backup(writing, pages=_PAGES, progress=lambda _, left, of: told(of - left, of))
            _check(writing)
    except sqlite3.Error as problem:
        raise StoreFailed(f"expected a database to copy at {source}, it cannot be read: {problem}") from problem
    _flush(target)


def revision(path: Path) -> str:
    """Return the schema revision of a database that nobody has open."""
    with _opened(path, "ro&immutable=1") as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def counts(path: Path) -> dict[str, int]:
    """Count the rows of a database that nobody has open."""
    with _opened(path, "ro&immutable=1") as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}


def is_known(schema: str) -> bool:
    """Tell whether a schema revision is one that this version can open."""
    scripts = ScriptDirectory(str(Path(__file__).with_name("migrations")))
    return schema in {script.revision for script in scripts.walk_revisions()}


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        yield connection


def _check(connection: sqlite3.Connection) -> None:
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(f"it is damaged ({said})")


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
