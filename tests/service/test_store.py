"""The record store: durable, whole, one answer per number."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box
from inspection.record import CalibrationRef, FrameRecord, ModelRef, RecipeRef
from inspection.verdict import Verdict
from service.errors import StationError, StoreFailed
from service.store import reads
from service.store.database import reading_engine
from service.store.entries import FrameEntry, FrameKey
from service.store.store import Store
from service.store.tables import METADATA
from service.store.write_ahead_log import shorten

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def finding(down_mm: float, lane: int | None = 1, kind: Kind = Kind.PINHOLE) -> Finding:
    return Finding(kind, 0.9, lane, Box(5, 6, 9, 12), down_mm, 20.0, 0.2, 0.3, 0.05, 22.0)


def record(defects: int = 0, events: int = 0) -> FrameRecord:
    return FrameRecord(
        verdict=Verdict.WARN if defects else Verdict.PASS,
        reasons=("pinhole",) * defects,
        defects=tuple(Defect(finding(990 + 10 * n), Severity.MINOR, False) for n in range(defects)),
        events=tuple(finding(5, None, Kind.SPLICE) for _ in range(events)),
        lanes=(),
        timing_ms={},
        recipe=RecipeRef("default", 1),
        calibration=CalibrationRef(1),
        model=ModelRef("fake", "1", "f" * 64),
    )


def entry(sequence: int, *, number: int | None = None, defects: int = 0, events: int = 0) -> FrameEntry:
    return FrameEntry(
        number=number or sequence + 1,
        key=FrameKey("cam-1", "R1", sequence),
        record=record(defects, events),
        position_mm=0.0,
        rows=1024,
        columns=4096,
        bits=8,
        captured_at=None,
        received_at=NOON,
        pixel_hash=sequence.to_bytes(16, "big"),
        answer=b'{"sequence":%d}' % sequence,
        crops=bytes(4096 * (defects + events)),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as opened:
        yield opened


def asked(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / "station.sqlite") as connection:
        return connection.execute(question).fetchall()


def test_migrations_make_the_tables_that_the_code_uses(store: Store, tmp_path: Path) -> None:
    with reading_engine(tmp_path / "station.sqlite").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_store_waits_for_the_disk_at_every_commit(store: Store) -> None:
    with store._writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_kept_frame_is_found_again_after_reopening(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep_frame(entry(3, defects=2, events=1)).result(5)
    with Store(tmp_path) as store:
        stored = store.read(partial(reads.stored_answer, key=FrameKey("cam-1", "R1", 3)))
        assert stored
        assert (stored.answer, stored.pixel_hash) == (b'{"sequence":3}', (3).to_bytes(16, "big"))
        assert store.last_number() == 4
    assert asked(tmp_path, "SELECT number, kind, lane FROM defects") == [(1, "pinhole", 1), (2, "pinhole", 1)]
    assert asked(tmp_path, "SELECT number, kind, lane FROM events") == [(1, "splice", None)]
    assert asked(tmp_path, "SELECT length(pictures) FROM crops") == [(3 * 4096,)]


def test_counts_add_up_by_metre(store: Store, tmp_path: Path) -> None:
    wait([store.keep_frame(entry(0, defects=2)), store.keep_frame(entry(1, defects=1))])
    counted = asked(tmp_path, "SELECT metre, lane, kind, severity, count FROM metre_counts ORDER BY metre")
    assert counted == [(0, 1, "pinhole", "minor", 2), (1, 1, "pinhole", "minor", 1)]


def test_one_bad_record_spoils_no_other_of_its_group(store: Store) -> None:
    store.keep_frame(entry(0)).result(5)
    futures = [store.keep_frame(each) for each in (entry(1), entry(0, number=99, defects=3), entry(2))]
    assert futures[0].result(5) is None
    with pytest.raises(StoreFailed):
        futures[1].result(5)
    assert futures[2].result(5) is None
    assert [frame.sequence for frame in store.read(partial(reads.latest_frames, limit=9))] == [2, 1, 0]
    assert store.healthy


def test_a_refusal_is_remembered_and_closed_by_the_frame(store: Store, tmp_path: Path) -> None:
    key = FrameKey("cam-1", "R1", 5)
    for _ in range(2):
        store.keep_refusal(key, "queue-full", "come later", NOON).result(5)
    assert store.read(partial(reads.open_stretches, camera_id="cam-1", roll_id="R1")) == 1
    assert asked(tmp_path, "SELECT reason, attempts, closed_at FROM not_inspected") == [("queue-full", 2, None)]
    store.keep_frame(entry(5)).result(5)
    assert store.read(partial(reads.open_stretches, camera_id="cam-1", roll_id="R1")) == 0


def test_a_number_that_was_inspected_is_never_called_not_inspected(store: Store, tmp_path: Path) -> None:
    store.keep_frame(entry(5)).result(5)
    store.keep_refusal(FrameKey("cam-1", "R1", 5), "corrupt-frame", "damaged", NOON).result(5)
    assert asked(tmp_path, "SELECT * FROM not_inspected") == []


def test_latest_pixels_come_oldest_first(store: Store) -> None:
    wait([store.keep_frame(entry(n)) for n in range(4)])
    latest = store.read(partial(reads.latest_pixels, camera_id="cam-1", limit=2))
    assert [key.sequence for key, _ in latest] == [2, 3]


def test_a_second_station_on_the_same_folder_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StationError, match="another one has it"):
        Store(tmp_path)


def test_a_closed_store_takes_nothing(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        pass
    with pytest.raises(StoreFailed):
        store.keep_frame(replace(entry(0)))


def test_a_long_log_is_cut_once_its_last_reader_is_done(store: Store, tmp_path: Path) -> None:
    database, log = tmp_path / "station.sqlite", tmp_path / "station.sqlite-wal"
    store.keep_frame(entry(0)).result(5)
    assert not shorten(database)
    with reading_engine(database).connect() as reader:
        assert reads.last_number(reader) == 1
        store.keep_frame(entry(1)).result(5)
        assert not shorten(database, 0)
        assert reads.last_number(reader) == 1
    assert shorten(database, 0)
    assert log.stat().st_size == 0
    store.keep_frame(entry(2)).result(5)
    assert store.last_number() == 3
