"""/readyz: ready only while everything holds that taking frames in needs, and it says what does not."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from databases import Database
from fakes import running
from test_kill import station

from inspection.record import ModelRef
from service.disk_guard import DiskState, Level
from service.readiness import checks
from service.settings import Settings
from service.station import Station
from service.store.store import Store


@dataclass
class Inspectors:
    """As many as are left."""

    alive: int = 1
    model: ModelRef = field(default_factory=lambda: ModelRef("fake", "1", "f" * 64))


@dataclass
class Disk:
    """As full as it is said to be."""

    level: Level = Level.OK

    def state(self) -> DiskState:
        return DiskState(1 << 20, 1 << 30, None, self.level)


class Parts:
    """What readiness asks of a station, with real parts."""

    def __init__(self, folder: Path) -> None:
        self.settings, self.store = Settings(data_dir=folder), Store(folder)
        self.inspectors, self.disk, self.stopping = Inspectors(), Disk(), False

    def reasons(self) -> dict[str, str]:
        return {check.name: check.told for check in checks(cast(Station, self)) if not check.ok}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.store.close()


def test_a_station_that_runs_is_ready_and_says_what_it_looked_at(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        answer = client.get("/readyz")
        told = answer.json()
        assert (answer.status_code, told["status"], told["reasons"]) == (200, "ready", [])
        names = ["running", "model", "store", "migrations", "disk", "inspectors"]
        assert [(check["name"], check["ok"]) for check in told["checks"]] == [(name, True) for name in names]


def test_a_store_that_cannot_write_is_the_reason(parts: Parts) -> None:
    assert parts.reasons() == {}
    parts.store.close()
    assert parts.reasons() == {"store": "the store cannot write"}


def test_tables_of_another_release_are_the_reason(parts: Parts, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "station.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "tables at revision 9999, this release wants" in parts.reasons()["migrations"]


def test_a_disk_that_takes_no_records_is_the_reason(parts: Parts) -> None:
    parts.disk.level = Level.PICTURES_STOPPED
    assert parts.reasons() == {}
    parts.disk.level = Level.RECORDS_STOPPED
    assert parts.reasons() == {"disk": "0.0 GiB free, records-stopped"}


def test_inspecting_processes_that_are_all_gone_are_the_reason(parts: Parts) -> None:
    parts.inspectors.alive = 0
    assert parts.reasons() == {"inspectors": f"0 of {parts.settings.workers} inspecting processes work"}


def readiness_of(client: httpx.Client) -> Any:
    try:
        return client.get("/readyz", headers={"Connection": "close"})
    except httpx.TransportError:
        return None


def test_a_station_that_stops_says_so_before_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COATSIGHT_STOP_NOTICE_S", "2")
    with station(Database(tmp_path)) as (process, url), httpx.Client(base_url=url, timeout=10) as client:
        assert client.get("/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        seen, until = [], time.monotonic() + 20
        while (answer := readiness_of(client)) is not None and time.monotonic() < until:
            seen.append((answer.status_code, tuple(answer.json()["reasons"])))
            time.sleep(0.02)
        assert seen[-1] == (503, ("running: it stops",))
        assert process.wait(20) in (0, -signal.SIGTERM)
