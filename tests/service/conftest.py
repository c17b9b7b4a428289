"""Databases that tests keep their records in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Database
from postgres_server import PostgresServer, cluster, programs

from service.store.store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this process's own; its databases are its tests' own."""
    if not (found := programs()):
        pytest.skip("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql")
    with cluster(found) as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with all tables, to be copied: quicker than to make them anew for every test."""
    name = postgres.new_database()
    Store(tmp_path_factory.mktemp("template"), postgres.url(name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A test's own database, of each kind in turn."""
    if request.param == "sqlite":
        return Database(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return Database(tmp_path, server.url(server.new_database(request.getfixturevalue("migrated"))))
