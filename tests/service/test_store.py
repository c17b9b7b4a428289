"""The record store: durable, whole, one answer per number, on either database."""

import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from databases import Database
from pydantic import SecretStr
from records import NOON, entry, finding, record
from sqlalchemy import Connection, insert, inspect

from inspection.defect import Defect, Severity
from inspection.errors import InputError
from service.errors import StationError, StoreFailed
from service.settings import Settings
from service.store import migrations, reads
from service.store.audit import Actor
from service.store.database import address_of, reading_engine, writing_engine
from service.store.entries import FrameKey, RollCameraEntry, RollEntry
from service.store.openings import close_roll
from service.store.refusals import Refusal
from service.store.shadows import ShadowCount, ShadowName, shadow_count_in
from service.store.store import Store
from service.store.tables import METADATA, users
from service.store.write_ahead_log import shorten
from service.store.writes import write_frame

ROLL = RollEntry("R1", "2030", "default", 1, None, "fake", "1", "f" * 64)
ON_ROLL = RollCameraEntry("R1", "cam-1", None, 0.05, "2030")
REFUSALS = sqlite3.IntegrityError, psycopg.errors.IntegrityError


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        yield opened


def test_migrations_make_the_tables_that_the_code_uses(store: Store, database: Database) -> None:
    with reading_engine(address_of(database.folder, database.url)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_store_waits_for_the_disk_at_every_commit(store: Store, database: Database) -> None:
    told = {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": 2}
    if database.url:
        told = {"SHOW synchronous_commit": "on", "SHOW fsync": "on"}
    with store._writing.connect() as connection:
        assert {question: connection.exec_driver_sql(question).scalar() for question in told} == told


def test_a_kept_frame_is_found_again_after_reopening(database: Database) -> None:
    with Store(database.folder, database.url) as store:
        store.keep_frame(entry(3, defects=2, events=1)).result(5)
    with Store(database.folder, database.url) as store:
        stored = store.read(partial(reads.stored_answer, key=FrameKey("cam-1", "R1", 3)))
        assert stored
        assert (stored.answer, stored.pixel_hash) == (b'{"sequence":3}', (3).to_bytes(16, "big"))
        assert store.last_number() == 4
    assert database.asked("SELECT number, kind, lane FROM defects") == [(1, "pinhole", 1), (2, "pinhole", 1)]
    assert database.asked("SELECT number, kind, lane FROM events") == [(1, "splice", None)]
    assert database.asked("SELECT length(pictures) FROM crops") == [(3 * 4096,)]


def test_counts_add_up_by_metre(store: Store, database: Database) -> None:
    wait([store.keep_frame(entry(0, defects=2)), store.keep_frame(entry(1, defects=1))])
    counted = database.asked("SELECT metre, lane, kind, severity, count FROM metre_counts ORDER BY metre")
    assert counted == [(0, 1, "pinhole", "minor", 3)]


def test_one_bad_record_spoils_no_other_of_its_group(store: Store) -> None:
    store.keep_frame(entry(0)).result(5)
    futures = [store.keep_frame(each) for each in (entry(1), entry(0, number=99, defects=3), entry(2))]
    assert futures[0].result(5) == ()
    with pytest.raises(StoreFailed):
        futures[1].result(5)
    assert futures[2].result(5) == ()
    assert [frame.sequence for frame in store.read(partial(reads.latest_frames, limit=9))] == [2, 1, 0]
    assert store.healthy


def test_what_a_write_raises_itself_belongs_to_it_alone(store: Store) -> None:
    def change_his_mind(connection: Connection) -> None:
        write_frame(connection, entry(1), store._webs)
        raise StationError("not like that")

    futures = [store.keep_frame(entry(0)), store._writer.submit(change_his_mind), store.keep_frame(entry(2))]
    wait(futures)
    with pytest.raises(StationError, match="not like that"):
        futures[1].result(0)
    assert [frame.sequence for frame in store.read(partial(reads.latest_frames, limit=9))] == [2, 0]
    assert store.healthy


def test_latest_pixels_come_oldest_first(store: Store) -> None:
    wait([store.keep_frame(entry(n)) for n in range(4)])
    latest = store.read(partial(reads.latest_pixels, camera_id="cam-1", limit=2))
    assert [key.sequence for key, _ in latest] == [2, 3]


def test_a_second_station_on_the_same_folder_is_refused(store: Store, database: Database) -> None:
    with pytest.raises(StationError, match="another one has it"):
        Store(database.folder, database.url)


def test_a_closed_store_takes_nothing(database: Database) -> None:
    with Store(database.folder, database.url) as store:
        pass
    with pytest.raises(StoreFailed):
        store.keep_frame(replace(entry(0)))


CHANGES = {
    "rolls": "UPDATE rolls SET recipe_version = 9",
    "roll_cameras": "UPDATE roll_cameras SET mm_per_px = 9",
    "frames": "UPDATE frames SET verdict = 'pass' WHERE sequence = 1",
    "defects": "UPDATE defects SET severity = 'minor'",
    "events": "UPDATE events SET kind = 'stain'",
    "closed_rolls": "UPDATE closed_rolls SET closed_by = 'somebody else'",
}


@pytest.mark.parametrize("table", CHANGES)
def test_what_was_recorded_can_be_changed_or_taken_away_by_nobody(store: Store, database: Database, table: str) -> None:
    wait([store.open_roll(ROLL), store.open_roll_camera(ON_ROLL), store.keep_frame(entry(1, defects=2, events=1))])
    if table == "closed_rolls":
        store.change(partial(close_roll, roll_id="R1", actor=Actor("nobody", "", ""), at=NOON)).result(5)
    rows = database.asked(f"SELECT * FROM {table}")
    assert rows
    for statement in (CHANGES[table], f"DELETE FROM {table}", *replacing(database, table)):
        with pytest.raises(REFUSALS, match=f"{table} is append-only"):
            database.asked(statement)
    assert database.asked(f"SELECT * FROM {table}") == rows


def replacing(database: Database, table: str) -> list[str]:
    """Statements that take rows away without the word DELETE."""
    return [f"TRUNCATE {table} CASCADE"] if database.url else [f"REPLACE INTO {table} SELECT * FROM {table}"]


def test_sqlite_lets_no_frame_take_the_number_of_another(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with Store(tmp_path) as store:
        store.keep_frame(entry(1)).result(5)
    columns = ", ".join(column.name for column in METADATA.tables["frames"].columns if column.name != "id")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.asked(f"REPLACE INTO frames (id, {columns}) SELECT 77, {columns} FROM frames")


def test_crops_may_go_and_what_changes_by_its_nature_may_change(store: Store, database: Database) -> None:
    store.keep_refusal(Refusal(FrameKey("cam-1", "R1", 1), "queue-full", "come later", NOON, NOON))
    store.keep_frame(entry(1, defects=1)).result(5)
    database.asked("DELETE FROM crops")
    database.asked("UPDATE not_inspected SET closed_at = NULL")
    database.asked("UPDATE metre_counts SET count = 7")
    assert database.asked("SELECT count(*) FROM crops") == [(0,)]


def test_numbers_and_counts_have_room_for_two_centuries(store: Store, database: Database) -> None:
    late = entry(2**53, number=2**63 - 1, defects=1, events=1)
    store.keep_frame(late).result(5)
    assert store.last_number() == 2**63 - 1
    assert store.read(partial(reads.last_sequence, camera_id="cam-1", roll_id="R1")) == 2**53
    assert database.asked("SELECT frame FROM crops") == [(2**63 - 1,)]


def test_a_shadow_is_counted_in_either_database(store: Store, database: Database) -> None:
    name = ShadowName(1, 1, "b" * 64, "pinhole", 0.9, "stain", 0.8)
    for _ in range(2):
        store.keep_shadow(ShadowCount("a" * 64, "b" * 64, 3, 1), [name]).result(5)
    counted = shadow_count_in(database.folder, "a" * 64, "b" * 64, database.url)
    assert counted == ShadowCount("a" * 64, "b" * 64, 6, 2)
    assert database.asked("SELECT frame, shadow_kind FROM shadow_names") == [(1, "stain")]


def test_migrations_can_be_taken_back(store: Store, database: Database) -> None:
    store.close()
    engine = writing_engine(address_of(database.folder, database.url))
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_roll_of_the_release_before_has_the_metres_that_it_would_have_now(store: Store, database: Database) -> None:
    for index, place_mm in enumerate((-2000.0, -1000.0, -40.0, 0.0, 951.0, 1000.0)):
        seen = Defect(replace(finding(place_mm), length_mm=0.0), Severity.MINOR, needs_review=False)
        frame = replace(entry(index), record=replace(record(), defects=(seen,)), position_mm=place_mm, length_mm=40.0)
        store.keep_frame(frame).result(5)
    store.close()
    told = (
        "SELECT metre, SUM(count) FROM metre_counts GROUP BY metre ORDER BY metre",
        "SELECT metre, frames, seen_mm FROM web_metres ORDER BY metre",
        "SELECT step, stretch, SUM(count) FROM stretch_counts WHERE count > 0 GROUP BY step, stretch ORDER BY 1, 2",
        "SELECT frame, number, from_mm, lane, pieces FROM web_defects ORDER BY frame",
    )
    before = [database.asked(question) for question in told]
    engine = writing_engine(address_of(database.folder, database.url))
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    for turn, revision in ((command.downgrade, "0006"), (command.upgrade, "head")):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            turn(config, revision)
    engine.dispose()
    assert [database.asked(question) for question in told] == before


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://me:secret@host/line", "got mysql://"),
        ("postgres://me:secret@host/line", "got postgres://"),
        ("sqlite:///line.sqlite", "got sqlite://"),
        ("line.sqlite", "no such beginning"),
    ],
)
def test_a_store_url_of_another_kind_is_refused_without_its_password(url: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        Settings(store_url=SecretStr(url))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://me:secret@127.0.0.1:1/line", r"postgresql://me:\*\*\*@127.0.0.1:1/line, it failed"),
        ("postgresql://me:sec@ret@127.0.0.1:port/line", "cannot be read"),
    ],
)
def test_a_database_that_does_not_answer_is_told_at_the_start(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(StationError, match=told) as refused:
        Store(tmp_path, url)
    assert "sec" not in str(refused.value).replace("second", "")
    Store(tmp_path).close()


def test_without_the_driver_it_is_told_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StationError, match=r"pip install 'psycopg\[binary\]"):
        Store(tmp_path, "postgresql://me@127.0.0.1/line")


def test_a_long_log_is_cut_once_its_last_reader_is_done(tmp_path: Path) -> None:
    database, log = tmp_path / "station.sqlite", tmp_path / "station.sqlite-wal"
    with Store(tmp_path) as store:
        store.keep_frame(entry(0)).result(5)
        assert not shorten(database)
        with reading_engine(address_of(tmp_path, None)).connect() as reader:
            assert reads.last_number(reader) == 1
            store.keep_frame(entry(1)).result(5)
            assert not shorten(database, 0)
            assert reads.last_number(reader) == 1
        assert shorten(database, 0)
        assert log.stat().st_size == 0
        store.keep_frame(entry(2)).result(5)
        assert store.last_number() == 3


def test_tables_of_a_later_release_are_told_in_a_line(database: Database) -> None:
    Store(database.folder, database.url).close()
    database.asked("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StationError, match="got a later one's"):
        Store(database.folder, database.url)


def test_a_statement_that_fails_tells_nothing_of_what_it_would_have_written(database: Database) -> None:
    with Store(database.folder, database.url) as store:
        user = {"login": "a", "name": "a", "role": "admin", "password_hash": "HASH", "active": True, "created_at": ""}
        failing = store.change(lambda connection: connection.execute(insert(users), [user, user]))
        with pytest.raises(StoreFailed) as problem:
            failing.result()
    assert "HASH" not in str(problem.value.__cause__)
