"""Statements for either database: written once here, compiled for each, run on the one at hand.

Most statements are SQLAlchemy's own and run by `connection.execute`; where one must not fail over a row that is
there already, `insert_into` gives the dialect's insert with its ON CONFLICT. What runs for every frame is compiled
once by `compiled` and goes through a `DriverCursor`: to pass SQLAlchemy each time costs more than to run it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

Compiled: TypeAlias = Mapping[str, str]
"""A statement's text by the dialect's name."""

Row: TypeAlias = Sequence[Any]


InsertInto: TypeAlias = Callable[[Table], sqlite.Insert | postgresql.Insert]

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": postgresql.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy types it not
}
_INSERTS: dict[str, InsertInto] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an insert that may go on with `on_conflict_do_update` or `on_conflict_do_nothing`."""
    return _INSERTS[connection.dialect.name](table)


def compiled(make: Callable[[InsertInto], ClauseElement]) -> Compiled:
    """Write a statement for every driver; its parameters stand in the statement's order.

    Parameters
    ----------
    make : callable
        Takes the dialect's insert, for statements that need it, and returns the statement.
    """
    return {name: str(make(_INSERTS[name]).compile(dialect=dialect)) for name, dialect in _DIALECTS.items()}


class DriverCursor:
    """Runs compiled statements on the driver's own cursor."""

    def __init__(self, connection: Connection) -> None:
        self._dialect = connection.dialect.name
        self._cursor = connection.connection.cursor()

    def execute(self, statement: Compiled, row: Row) -> None:
        """Run a statement."""
        self._cursor.execute(statement[self._dialect], row)

    def executemany(self, statement: Compiled, rows: Sequence[Row]) -> None:
        """Run a statement for each row."""
        self._cursor.executemany(statement[self._dialect], rows)

    def fetchone(self) -> Any:
        """Return the next row of the answer, None at its end."""
        return self._cursor.fetchone()


@contextmanager
def in_one_trip(connection: Connection) -> Iterator[DriverCursor]:
    """Send PostgreSQL all statements of a block before the first is answered; nothing can be fetched inside.

    An error of any of them is raised at the block's end at the latest.
    """
    driver: Any = connection.connection.driver_connection
    with driver.pipeline() if connection.dialect.name == "postgresql" else nullcontext():
        yield DriverCursor(connection)
