"""At which revision the tables are, and at which this release wants them."""

from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


@cache
def wanted_revision() -> str | None:
    """Return the newest revision of the migrations that came with this release."""
    return ScriptDirectory(str(Path(__file__).with_name("migrations"))).get_current_head()


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables."""
    return MigrationContext.configure(connection).get_current_revision()
