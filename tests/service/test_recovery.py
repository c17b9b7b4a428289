"""A database that fails and comes back: nothing answered is lost, nothing lost is answered, and nobody helps."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from databases import Database
from fakes import draw, post, running
from losing_wire import losing_wire
from postgres_server import PostgresServer
from records import NOON, entry

from service.errors import StationError, StoreFailed
from service.store import reads
from service.store.entries import FrameKey
from service.store.refusals import Refusal
from service.store.store import Store

CONNECTIONS = 3


def comes_true(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def on_server(postgres: PostgresServer, migrated: str, tmp_path: Path) -> Database:
    return Database(tmp_path, postgres.url(postgres.new_database(migrated)))


@pytest.fixture
def stopped(postgres: PostgresServer) -> Iterator[Callable[[], None]]:
    """Stops the server, which runs again afterwards whatever the test did."""
    try:
        yield postgres.stop
    finally:
        if not postgres.running:
            postgres.start()


def send_until_answered(client: httpx.Client, sequence: int) -> httpx.Response:
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(post(client, draw(sequence, holes=sequence % 3), sequence))
        return answers[-1].status_code == 200

    assert comes_true(answered), answers[-1].text
    assert {answer.status_code for answer in answers} <= {200, 503}
    return answers[-1]


def test_a_store_recovers_by_itself_when_its_server_was_gone(
    on_server: Database, postgres: PostgresServer, stopped: Callable[[], None]
) -> None:
    with Store(on_server.folder, on_server.url) as store:
        store.keep_frame(entry(0)).result(10)
        assert store.last_number() == 1
        stopped()
        with pytest.raises(StoreFailed):
            store.keep_frame(entry(1)).result(30)
        with pytest.raises(StoreFailed):
            store.last_number()
        assert not store.healthy
        with pytest.raises(StoreFailed, match="cannot just now"):
            store.keep_frame(entry(2))
        store.keep_refusal(refusal(2))
        postgres.start()
        assert comes_true(lambda: store.healthy)
        assert comes_true(lambda: store.read(partial(reads.not_inspected_count, camera_id="cam-1", roll_id="R1")) == 1)
        assert store.last_number() == 1
        store.keep_frame(entry(1)).result(10)
    assert on_server.asked("SELECT sequence FROM frames ORDER BY sequence") == [(0,), (1,)]
    assert on_server.asked("SELECT sequence, closed_at FROM not_inspected") == [(2, None)]


def test_an_idle_station_notices_a_restart_before_a_frame_has_to_fail(
    on_server: Database, postgres: PostgresServer, stopped: Callable[[], None]
) -> None:
    with Store(on_server.folder, on_server.url) as store:
        stopped()
        assert comes_true(lambda: not store.healthy)
        postgres.start()
        assert comes_true(lambda: store.healthy)
        store.keep_frame(entry(0)).result(10)


def test_while_the_database_is_gone_a_refusal_waits_and_the_store_can_still_be_closed(
    on_server: Database, stopped: Callable[[], None]
) -> None:
    with Store(on_server.folder, on_server.url) as store:
        stopped()
        for n in range(40):
            store.keep_refusal(refusal(n))
        assert comes_true(lambda: not store.healthy)
        assert store.waiting == 1


def test_a_server_that_ended_the_session_is_owned_again_before_anything_is_written(on_server: Database) -> None:
    with Store(on_server.folder, on_server.url) as store:
        end_sessions(on_server)
        with pytest.raises(StoreFailed):
            store.keep_frame(entry(0)).result(10)
        assert comes_true(lambda: store.healthy)
        assert owners(on_server) == 1
        store.keep_frame(entry(0)).result(10)
        with pytest.raises(StationError, match="another one has it"):
            Store(on_server.folder / "other", on_server.url)


def test_a_station_whose_database_was_taken_meanwhile_writes_nothing(on_server: Database) -> None:
    assert on_server.url
    with Store(on_server.folder, on_server.url) as store, psycopg.connect(on_server.url, autocommit=True) as other:
        end_sessions(on_server, but=other.info.backend_pid)
        other.execute("SELECT pg_advisory_lock(%s)", (0x636F617473696768,))
        with pytest.raises(StoreFailed):
            store.keep_frame(entry(0)).result(10)
        store.keep_refusal(refusal(0))
        time.sleep(1)
        assert other.execute("SELECT count(*) FROM not_inspected").fetchone() == (0,)
        assert not store.healthy
        other.execute("SELECT pg_advisory_unlock_all()")
        assert comes_true(lambda: store.healthy)


def refusal(sequence: int) -> Refusal:
    return Refusal(FrameKey("cam-1", "R1", sequence), "store-unavailable", "gone", NOON, NOON)


def end_sessions(database: Database, but: int = 0) -> None:
    database.asked(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        f"WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), {but})"
    )


def owners(database: Database) -> int:
    return len(
        database.asked(
            "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE locktype = 'advisory' AND granted AND datname = current_database()"
        )
    )


def test_a_store_recovers_by_itself_when_a_full_disk_has_room_again(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.keep_frame(entry(0)).result(10)
        pages = limit_pages(store, 1)
        with pytest.raises(StoreFailed):
            fill(store)
        assert not store.healthy
        answered = store.last_number()
        limit_pages(store, pages)
        assert comes_true(lambda: store.healthy)
        assert store.last_number() == answered
        store.keep_frame(entry(99)).result(10)
    with sqlite3.connect(tmp_path / "station.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def limit_pages(store: Store, most: int) -> int:
    """Let SQLite find no room beyond so many pages, or beyond what it has; return the limit before."""
    driver: Any = store._writer._connection.connection.driver_connection
    before: int = driver.execute("PRAGMA max_page_count").fetchone()[0]
    driver.execute(f"PRAGMA max_page_count={most}")
    return before


def fill(store: Store) -> None:
    for n in range(1, 50):
        store.keep_frame(entry(n, defects=20)).result(10)


def test_frames_are_answered_again_by_themselves_when_the_server_was_stopped_and_started(
    on_server: Database, postgres: PostgresServer, stopped: Callable[[], None]
) -> None:
    answered: dict[int, bytes] = {}
    refused: list[int] = []
    over = threading.Event()

    def send(client: httpx.Client, first: int) -> None:
        sequence = first
        while not over.is_set():
            answer = post(client, draw(sequence, holes=sequence % 4), sequence)
            if answer.status_code == 200:
                answered[sequence] = answer.content
                sequence += CONNECTIONS
            else:
                assert answer.json()["type"].rsplit(":", 1)[1] in ("store-unavailable", "deadline-passed")
                refused.append(sequence)
                over.wait(0.02)

    with running(on_server.folder, store_url=on_server.url) as client:
        threads = [threading.Thread(target=send, args=(client, first)) for first in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        try:
            assert comes_true(lambda: len(answered) >= 15)
            stopped()
            assert comes_true(lambda: len(refused) >= 3)
            assert client.get("/readyz").status_code == 503
            until_stop = len(answered)
            postgres.start()
            assert comes_true(lambda: len(answered) >= until_stop + 15)
        finally:
            over.set()
            for thread in threads:
                thread.join(30)
        assert comes_true(lambda: client.get("/readyz").status_code == 200)
        again = {n: post(client, draw(n, holes=n % 4), n).content for n in answered}
    assert again == answered
    kept = [n for (n,) in on_server.asked("SELECT sequence FROM frames ORDER BY sequence")]
    assert len(kept) == len(set(kept))
    assert set(answered) <= set(kept)
    stretches = "SELECT sequence FROM not_inspected WHERE closed_at IS NULL"
    assert {n for (n,) in on_server.asked(stretches)}.isdisjoint(kept)


@pytest.mark.parametrize("roll", ["known", "new"])
def test_a_frame_whose_commit_nobody_heard_of_gets_its_stored_answer_when_sent_again(
    on_server: Database, postgres: PostgresServer, roll: str
) -> None:
    assert on_server.url
    with losing_wire(postgres.port) as wire:
        url = on_server.url.replace(str(postgres.port), str(wire.port))
        with running(on_server.folder, store_url=url) as client:
            if roll == "known":
                send_until_answered(client, 0)
            wire.lose_commits = 1
            lost = post(client, draw(1, holes=1), 1)
            assert (lost.status_code, lost.json()["type"]) == (503, "urn:coatsight:problem:store-unavailable")
            assert "Retry-After" in lost.headers
            kept = on_server.asked("SELECT answer FROM frames WHERE sequence = 1")
            assert len(kept) == (roll == "known")
            again = send_until_answered(client, 1)
            assert send_until_answered(client, 1).content == again.content
            if kept:
                assert again.content == kept[0][0]
            other = post(client, draw(9), 1)
            assert other.status_code == 409
            send_until_answered(client, 2)
    assert on_server.asked("SELECT count(*) FROM frames WHERE sequence = 1") == [(1,)]
    assert on_server.asked("SELECT count(*) FROM not_inspected WHERE closed_at IS NULL AND cause != 'conflict'") == [
        (0,)
    ]
