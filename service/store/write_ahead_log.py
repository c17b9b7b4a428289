"""The write-ahead log of SQLite, kept short.

The writer copies it into the database every some thousand pages, and begins it anew when nobody reads from it.
Readers that overlap never leave it alone: beside two that ask without a pause it grew by 7 MiB a second. So
once it is large, new readers are sent to the database for a moment, the last reader of the log is waited for,
and the log is cut. Nearly all of it has been copied by then, so the writer waits for that reader alone.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

LARGE_BYTES = 64 << 20

_LONGEST_WAIT_MS = 25
"""For readers; the writer waits as long. A longer reader is left alone: the next time it may be done."""


def shorten(database: Path, larger_than_bytes: int = LARGE_BYTES) -> bool:
    """Cut the log of a database if it is large; return whether that was done.

    Raises
    ------
    sqlite3.Error
        The next time it may work.
    """
    log = database.with_name(f"{database.name}-wal")
    if not log.exists() or log.stat().st_size <= larger_than_bytes:
        return False
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout={_LONGEST_WAIT_MS}")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
