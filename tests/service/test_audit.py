"""The audit trail: only added to, in the same transaction as what it tells, and whole or known not to be."""

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from databases import Database
from fakes import running
from people import bearer, called, new_key, new_user, verbs

from service.cli import main
from service.errors import BrokenTrail, StationError
from service.store import keys
from service.store.audit import Actor, audit, audit_rows, last_row, verify_trail
from service.store.beside import changing, reading
from service.store.keys import KeyEntry

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ACTOR = Actor("command line", "tester", "here")


def fill(folder: Path, rows: int = 5) -> None:
    for number in range(1, rows + 1):
        with changing(folder) as connection:
            audit(connection, ACTOR, "tried", f"thing {number}", at=NOON, number=number, words="ä'\"")


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "station.sqlite", isolation_level=None)


def whole(folder: Path, noted: tuple[int, str] | None = None) -> tuple[int, str]:
    with reading(folder) as connection:
        return verify_trail(connection, noted)


def test_rows_tell_who_what_when_and_from_where(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    told = called("audit", "--data", tmp_path)[0]
    assert told.pop("hash") == whole(tmp_path)[1]
    assert told == {
        "id": 1,
        "at": "2030-01-01T12:00:00.000+00:00",
        "actor_kind": "command line",
        "actor": "tester",
        "address": "here",
        "verb": "tried",
        "subject": "thing 1",
        "details": {"number": 1, "words": "ä'\""},
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail SET actor = 'somebody else' WHERE id = 3",
        "DELETE FROM audit_trail WHERE id = 3",
        "DELETE FROM audit_trail",
        "INSERT OR REPLACE INTO audit_trail SELECT id, at, actor_kind, 'else', address, verb, subject, details, hash "
        "FROM audit_trail WHERE id = 3",
        "REPLACE INTO audit_trail SELECT * FROM audit_trail WHERE id = 5",
    ],
)
def test_the_database_refuses_whatever_is_not_a_new_row_at_the_end(tmp_path: Path, statement: str) -> None:
    fill(tmp_path)
    with pytest.raises(sqlite3.IntegrityError, match="the audit trail only grows"):
        database(tmp_path).execute(statement)
    assert whole(tmp_path)[0] == 5


@pytest.mark.parametrize(
    "statement",
    [
        *(
            f"UPDATE audit_trail SET {name} = 'x' WHERE id = 3"
            for name in ("at", "actor", "address", "verb", "details")
        ),
        "UPDATE audit_trail SET subject = 'thing 9' WHERE id = 5",
        "UPDATE audit_trail SET hash = replace(hash, 'a', 'b') WHERE id = 5",
        "DELETE FROM audit_trail WHERE id = 1",
        "DELETE FROM audit_trail WHERE id = 3",
    ],
)
def test_whoever_gets_past_the_triggers_breaks_the_chain(tmp_path: Path, statement: str) -> None:
    fill(tmp_path)
    with database(tmp_path) as connection:
        for trigger in ("audit_trail_keeps_rows", "audit_trail_keeps_words"):
            connection.execute(f"DROP TRIGGER {trigger}")
        assert connection.execute(statement).rowcount == 1
    assert main(["audit", "verify", "--data", str(tmp_path)]) == 1


def test_a_cut_off_end_shows_to_who_noted_it(tmp_path: Path) -> None:
    fill(tmp_path)
    noted = whole(tmp_path)
    with database(tmp_path) as connection:
        connection.execute("DROP TRIGGER audit_trail_keeps_rows")
        connection.execute("DELETE FROM audit_trail WHERE id > 3")
    assert whole(tmp_path)[0] == 3
    with pytest.raises(BrokenTrail, match="row 5"):
        whole(tmp_path, noted)
    assert main(["audit", "verify", "--noted", f"{noted[0]}:{noted[1]}", "--data", str(tmp_path)]) == 1


def test_a_noted_row_is_found_again_in_a_longer_trail(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    noted = called("audit", "verify", "--data", tmp_path)["noted"]
    fill(tmp_path, 2)
    assert called("audit", "verify", "--noted", noted, "--data", tmp_path)["rows"] == 4


def test_writers_beside_each_other_keep_one_chain(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    threads = [threading.Thread(target=fill, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert whole(tmp_path)[0] == 21


def begin_and_fail(folder: Path) -> None:
    with changing(folder) as connection:
        audit(connection, ACTOR, "began", "something", at=NOON)
        keys.revoke_key(connection, "nothing", ACTOR, NOON)


def test_a_change_that_fails_leaves_no_row_and_a_row_that_fails_no_change(tmp_path: Path) -> None:
    with pytest.raises(StationError, match="there is no nothing"):
        begin_and_fail(tmp_path)
    with database(tmp_path) as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON audit_trail BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with pytest.raises(StationError, match="no room"), changing(tmp_path) as connection:
        keys.add_key(connection, KeyEntry("a", "b", "*", "admin", "", "now"), ACTOR, NOON)
    with reading(tmp_path) as connection:
        assert (keys.all_keys(connection), last_row(connection)[0]) == ([], 0)


def test_every_change_of_people_and_keys_has_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch)
    key = new_key(tmp_path)
    called("users", "role", "ANNA", "qa", "--data", tmp_path)
    called("users", "deactivate", "anna", "--data", tmp_path)
    called("users", "activate", "anna", "--data", tmp_path)
    for _ in range(2):
        called("keys", "revoke", key["key_id"], "--data", tmp_path)
    assert verbs(tmp_path) == [
        "user added", "key added", "role changed", "user deactivated", "user activated", "key revoked",
    ]  # fmt: skip
    rows = called("audit", "--data", tmp_path)
    assert rows[2]["details"] == {"role": "qa", "before": "operator"}
    assert {row["actor_kind"] for row in rows} == {"command line"}
    assert all(key["key"] not in str(row) and "argon2" not in str(row) for row in rows)


def test_rows_can_be_asked_for_from_a_day_on(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    assert len(called("audit", "--since", "2030-01-01", "--data", tmp_path)) == 1
    assert called("audit", "--since", "2030-01-01T12:00:00.001Z", "--data", tmp_path) == []
    assert main(["audit", "--since", "yesterday", "--data", str(tmp_path)]) == 2


def test_administrators_page_through_it(tmp_path: Path) -> None:
    key = new_key(tmp_path, "*", "admin")
    fill(tmp_path, 6)
    with running(tmp_path) as client:
        client.headers.update(bearer(key))
        seen, before = [], None
        while True:
            page = client.get("/v1/audit", params={"limit": 3} | ({"before": before} if before else {})).json()
            seen += [row["id"] for row in page["rows"]]
            before = page["next_before"]
            if before is None:
                break
        assert seen == [7, 6, 5, 4, 3, 2, 1]
        for wrong in ({"limit": 0}, {"before": 0}, {"before": 2**63}, {"limit": "all"}):
            assert client.get("/v1/audit", params=wrong).status_code == 422


def test_what_a_running_station_and_a_command_write_is_one_trail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_user(tmp_path, monkeypatch, role="admin")
    with running(tmp_path) as client:
        for number in range(3):
            called("keys", "add", "--camera", f"cam-{number}", "--data", tmp_path)
            client.post("/login", data={"name": "anna", "password": "a wrong guess"})
    assert whole(tmp_path)[0] == 7
    with reading(tmp_path) as connection:
        rows = audit_rows(connection, limit=9)
    assert {row.address for row in rows if row.verb == "sign-in refused"} == {"127.0.0.1"}


def test_the_command_follows_the_chain_in_each_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if database.url:
        monkeypatch.setenv("COATSIGHT_STORE_URL", database.url)
    new_key(database.folder)
    new_key(database.folder)
    assert called("audit", "verify", "--data", database.folder)["rows"] == 2
