"""The one door to the database: where it is, engines for writing and reading, and tables brought up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StationError
from service.store import postgresql, sqlite
from service.store.postgresql import shown

DATABASE = "station.sqlite"
"""The file's name in the station's folder."""


def address_of(folder: Path, url: str | None) -> URL:
    """Tell where the database is: at a URL of PostgreSQL, else in SQLite's file in the folder.

    Raises
    ------
    StationError
        The URL cannot be read.
    """
    return postgresql.address_of(url) if url else URL.create("sqlite", database=str(folder / DATABASE))


def writing_engine(address: URL) -> Engine:
    """Make an engine with one connection, whose transactions are durable when they end."""
    make = sqlite.writing_engine if is_file(address) else postgresql.writing_engine
    return make(address)


def changing_engine(address: URL) -> Engine:
    """Make an engine for commands beside a station that may be running: it writes, and owns nothing."""
    make = sqlite.writing_engine if is_file(address) else postgresql.changing_engine
    return make(address)


def reading_engine(address: URL) -> Engine:
    """Make an engine whose connections cannot write."""
    make = sqlite.reading_engine if is_file(address) else postgresql.reading_engine
    return make(address)


def snapshot_engine(address: URL) -> Engine:
    """Make an engine whose connections cannot write, and see one state of the database until they are closed."""
    engine = reading_engine(address)
    return engine if is_file(address) else engine.execution_options(isolation_level="REPEATABLE READ")


def migrate(engine: Engine) -> None:
    """Bring the tables up to date.

    Raises
    ------
    StationError
        The database does not answer, or not as it should.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as problem:
        raise StationError(
            f"expected the tables at {shown(engine.url)} as this release or an earlier one made them, got a later "
            f"one's ({problem}): update, then start again"
        ) from problem
    except SQLAlchemyError as problem:
        why = " ".join(str(getattr(problem, "orig", problem)).split())
        raise StationError(
            f"expected records to be kept at {shown(engine.url)}, it failed ({why}): see to it, then start again"
        ) from problem


def is_file(address: URL) -> bool:
    """Whether the database is SQLite's file."""
    return address.get_backend_name() == "sqlite"
