"""Where a station keeps its records, and what somebody else finds there."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg


@dataclass(frozen=True)
class Database:
    """A station's folder, and the URL of its database where that is not in the folder."""

    folder: Path
    url: str | None = None

    def asked(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement as a stranger would."""
        if self.url:
            with psycopg.connect(self.url) as session:
                cursor = session.execute(statement)
                return cursor.fetchall() if cursor.description else []
        with sqlite3.connect(self.folder / "station.sqlite") as connection:
            return connection.execute(statement).fetchall()
