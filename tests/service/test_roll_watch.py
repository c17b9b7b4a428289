"""Alarms of a running roll: kept, told once, through restarts, a busy watch and a store that fails."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import DEFAULT, Mock

import psycopg
import pytest
import sqlalchemy.exc
from databases import Database
from fakes import draw, post, running
from records import NOON, entry
from sqlalchemy import delete, update
from webs import mark, marks, write_web

from inspection.defect import Kind
from inspection.record import LaneExtent
from inspection.roll.web_defect import WebDefect
from service import roll_watch
from service.cli import main
from service.errors import StoreFailed
from service.metrics import Metrics
from service.roll_watch import RollWatch
from service.store.beside import changing
from service.store.entries import RollEntry
from service.store.roll_alarms import KeptAlarm, alarms_after
from service.store.store import Store
from service.store.tables import roll_alarms

ROLL = RollEntry("R1", "2030", "default", 1, None, "fake", "1", "f" * 64)
FRAME_MM = 51.2


class Watched:
    """A watch on a store, fed with a web frame by frame as the station does: kept first, then told."""

    def __init__(self, store: Store) -> None:
        self.store, self.metrics = store, Metrics()
        self.raised: list[KeptAlarm] = []
        self.over: list[KeptAlarm] = []
        self.watch = RollWatch(store, self.metrics, clock=lambda: NOON, tell=self._told)

    def run(self, defects: list[WebDefect], first: int, last: int) -> None:
        for n in range(first, last):
            inside = tuple(each for each in defects if n * FRAME_MM <= each.down_mm < (n + 1) * FRAME_MM)
            self.store.change(partial(write_web, defects=inside)).result()
            self.watch.take(entry(n), inside)

    def kept(self) -> list[KeptAlarm]:
        return self.store.read(partial(alarms_after, roll_id="R1", after=0, limit=99))

    def counted(self, name: str) -> float:
        lines = [line for line in self.metrics.text().decode().splitlines() if line.startswith(name)]
        return float(lines[0].split()[-1])

    def _told(self, kept: KeptAlarm, over: bool) -> None:
        (self.over if over else self.raised).append(kept)


@contextmanager
def watched(database: Database) -> Iterator[Watched]:
    """Closed at the end, with all that was waiting learnt."""
    with Store(database.folder, database.url) as store:
        if not store.read(partial(_has_roll)):
            store.open_roll(ROLL).result()
        opened = Watched(store)
        try:
            yield opened
        finally:
            opened.watch.close()


def _has_roll(connection: Any) -> bool:
    return bool(connection.exec_driver_sql("SELECT COUNT(*) FROM rolls").scalar())


def wait_until(true: Callable[[], Any], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)


def test_a_repeat_is_kept_told_and_counted_once(database: Database) -> None:
    with watched(database) as run:
        run.run(marks(400.0, 12), 0, 90)
        wait_until(lambda: run.raised)
    (told,) = run.raised
    assert (told.alarm.cause, told.alarm.camera_id, told.roll_id) == ("repeat", "cam-1", "R1")
    assert told.alarm.raised_mm <= 60 + 3 * 400 + FRAME_MM
    assert run.counted('coatsight_roll_alarms_total{cause="repeat"}') == 1
    assert run.counted('coatsight_roll_alarms_total{cause="streak"}') == 0
    with Store(database.folder, database.url) as store:
        assert store.read(partial(alarms_after, roll_id="R1", after=0, limit=9)) == [told]


def test_an_alarm_that_nothing_can_keep_is_logged_and_the_watch_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    unkeepable = Mock(side_effect=[TypeError("not JSON"), DEFAULT], wraps=roll_watch.write_alarm)
    monkeypatch.setattr(roll_watch, "write_alarm", unkeepable)
    with watched(Database(tmp_path)) as run:
        run.run(marks(400.0, 12), 0, 90)
        wait_until(lambda: unkeepable.call_count)
        run.run([mark(900 + n, 40000 + 300.0 * n, 60.0) for n in range(12)], 780, 860)
        wait_until(lambda: run.raised)
        assert [told.alarm.cause for told in run.raised] == ["repeat"]
    assert "an alarm cannot be kept" in caplog.text


@pytest.mark.parametrize("stop", [10, 40])
def test_a_restart_loses_no_mark_and_tells_nothing_twice(database: Database, stop: int) -> None:
    web = marks(400.0, 12)
    with watched(database) as before:
        before.run(web, 0, stop)
    with watched(database) as after:
        after.run(web, stop, 90)
        wait_until(after.kept)
    assert len(before.raised) + len(after.raised) == 1
    assert len(before.raised) == (stop == 40)


def test_an_alarm_of_before_a_restart_is_over_when_it_does_not_go_on(database: Database) -> None:
    with watched(database) as before:
        before.run(marks(400.0, 6), 0, 50)
    with watched(database) as after:
        after.run([], 50, 140)
        wait_until(lambda: after.over)
    assert after.over == before.raised
    assert after.raised == []


def test_frames_that_find_the_watch_busy_are_counted_and_no_alarm_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll_watch, "_MOST_WAITING", 2)
    going_on, first = threading.Event(), threading.Event()
    with watched(database) as run:
        read = run.store.read

        def slow(question: Any) -> Any:
            first.set()
            going_on.wait(30)
            return read(question)

        monkeypatch.setattr(run.store, "read", slow)
        run.run(marks(400.0, 6), 0, 45)
        assert first.is_set()
        going_on.set()
        wait_until(lambda: run.raised)
    assert run.counted("coatsight_roll_watch_behind_total") > 30
    assert [told.alarm.details["pitch_mm"] for told in run.raised] == [pytest.approx(400.0)]


def test_an_alarm_that_cannot_be_kept_is_kept_and_told_as_soon_as_it_can(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(database) as run:
        change, failures = run.store.change, iter([True] * 3)

        def failing(write: Any) -> Future[Any]:
            if getattr(write, "func", None) is roll_watch.write_alarm and next(failures, False):
                raise StoreFailed("the disk is full")
            return change(write)

        monkeypatch.setattr(run.store, "change", failing)
        run.run(marks(400.0, 4), 0, 30)
        wait_until(lambda: run.raised)
    assert next(failures, None) is None
    assert len(run.raised) == 1
    with Store(database.folder, database.url) as store:
        assert len(store.read(partial(alarms_after, roll_id="R1", after=0, limit=9))) == 1


def test_a_streak_that_grows_from_frame_to_frame_is_told_once(database: Database) -> None:
    with watched(database) as run:
        for n in range(30):
            length = (n + 1) * FRAME_MM
            run.watch.take(entry(n), (mark(1, length / 2, kind=Kind.STREAK, length_mm=length),))
        wait_until(lambda: run.raised)
    (told,) = run.raised
    assert (told.alarm.cause, told.alarm.from_mm) == ("streak", 0)
    assert told.alarm.raised_mm <= 1000


LANES = """
name = "cathode"
version = 3
[lanes.width]
mm = 0.5
[[lanes.plan]]
left_mm = 10
width_mm = 90
"""


def run_lane(run: Watched, first_m: int, last_m: int, wide_m: range) -> None:
    """Keep and tell a frame a metre, of a lane that is wider in some metres."""
    for metre in range(first_m, last_m):
        lane = LaneExtent(1, 10.0, 100.0 + 0.01 * (metre % 3) + 0.8 * (metre in wide_m))
        plain = entry(metre)
        key, told = replace(plain.key, roll_id="R3"), replace(plain.record, lanes=(lane,))
        frame = replace(plain, key=key, record=told, position_mm=1000.0 * metre, length_mm=1000.0)
        run.watch.take(frame, run.store.keep_frame(frame).result())


@pytest.mark.parametrize("stop", [38, 39, 40, 41, 44])
def test_a_lane_out_of_tolerance_is_told_once_through_a_restart(database: Database, stop: int) -> None:
    with watched(database) as before:
        before.store.open_roll(RollEntry("R3", "2030", "cathode", 3, LANES, "fake", "1", "f" * 64)).result()
        run_lane(before, 0, stop, range(40, 60))
    with watched(database) as after:
        run_lane(after, stop, 60, range(40, 60))
    told = [each.alarm for each in (*before.raised, *after.raised)]
    (wide,) = (each for each in told if each.details["rule"] is None)
    assert (wide.cause, wide.lane, wide.from_mm, wide.details["measure"]) == ("lane", 1, 40_000, "width_mm")
    assert wide.raised_mm <= 43_000
    rules = [each.details["rule"] for each in told]
    assert 1 in rules
    assert len(set(rules)) == len(rules)
    assert after.counted('coatsight_roll_alarms_total{cause="lane"}') == len(after.raised)


def test_what_was_told_cannot_be_changed_or_taken_away(database: Database) -> None:
    with watched(database) as run:
        run.run(marks(400.0, 4), 0, 30)
        wait_until(lambda: run.raised)
        for statement in (delete(roll_alarms), update(roll_alarms).values(told="nothing")):
            with pytest.raises((StoreFailed, sqlalchemy.exc.SQLAlchemyError, psycopg.Error)):
                run.store.change(lambda connection, what=statement: connection.execute(what)).result()
        wait_until(lambda: run.store.healthy)
        assert run.kept() == run.raised


def test_what_a_frame_brings_of_the_web_is_handed_on_when_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_frame = Store.keep_frame

    def with_a_streak(store: Store, frame: Any) -> Future[Any]:
        keep_frame(store, frame).result()
        done: Future[Any] = Future()
        done.set_result((mark(1, 300.0, kind=Kind.STREAK, length_mm=600.0),))
        return done

    monkeypatch.setattr(Store, "keep_frame", with_a_streak)
    with running(tmp_path) as client:
        assert [post(client, draw(n), n).status_code for n in range(2)] == [200, 200]
        wait_until(lambda: client.get("/v1/rolls/R1/alarms").json()["alarms"])
        (alarm,) = client.get("/v1/rolls/R1/alarms").json()["alarms"]
        assert 'coatsight_roll_alarms_total{cause="streak"} 1.0' in client.get("/metrics").text
    assert (alarm["cause"], alarm["from_mm"], alarm["lane"]) == ("streak", 0, 1)


def repeating(folder: Path, roll_id: str = "R1") -> None:
    """Leave marks of two rollers on a roll's web."""
    with changing(folder) as connection:
        write_web(connection, marks(400.0, 12, first=100), roll_id)
        write_web(connection, [mark(200 + n, 33.0 + 251.3 * n, 20.0) for n in range(16)], roll_id)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    folder = tmp_path_factory.mktemp("station")
    with running(folder) as client:
        repeating(folder)
        heard: list[dict[str, Any]] = []
        with client.stream("GET", "/v1/live") as stream:
            lines = stream.iter_lines()
            next(lines)
            threading.Thread(target=post, args=(client, draw(1), 0), kwargs={"position_mm": 4600.0}).start()
            event = ""
            while len(heard) < 2:
                line = next(lines)
                event = line.removeprefix("event: ") if line.startswith("event: ") else event
                if line.startswith("data: ") and event == "alarm":
                    heard.append(json.loads(line.removeprefix("data: ")))
        client.heard = heard
        yield client, folder


def test_pages_that_look_hear_of_an_alarm_and_programs_list_it(station: tuple[Any, Path]) -> None:
    client, _ = station
    page = client.get("/v1/rolls/R1/alarms").json()
    assert [alarm | {"over": False} for alarm in page["alarms"]] == client.heard
    assert {alarm["details"]["pitch_mm"] for alarm in page["alarms"]} == {400.0, 251.3}
    assert page["next_after"] is None


def test_alarms_come_in_pages(station: tuple[Any, Path]) -> None:
    client, _ = station
    first = client.get("/v1/rolls/R1/alarms", params={"limit": 1}).json()
    second = client.get("/v1/rolls/R1/alarms", params={"limit": 1, "after": first["next_after"]}).json()
    assert [page["alarms"][0] | {"over": False} for page in (first, second)] == client.heard
    assert second["next_after"] is None


def test_what_repeats_is_told_with_its_marks(station: tuple[Any, Path]) -> None:
    client, _ = station
    told = client.get("/v1/rolls/R1/repeats").json()
    assert (told["marks"], told["next_from_mm"]) == (28, None)
    found = {repeat["pitch_mm"]: repeat for repeat in told["repeats"]}
    assert set(found) == {400.0, 251.3}
    assert found[400.0]["defects"] == [f"{100 + n:016x}.1" for n in range(12)]
    assert found[400.0]["confidence"] > 0.99
    later = client.get("/v1/rolls/R1/repeats", params={"from_mm": 3600}).json()
    assert {repeat["pitch_mm"] for repeat in later["repeats"]} == set()


def test_a_roll_with_too_many_defects_is_searched_in_parts(
    station: tuple[Any, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = station
    monkeypatch.setattr("service.rollbook.repeats.MOST_MARKS", 20)
    told = client.get("/v1/rolls/R1/repeats").json()
    assert told["marks"] == 20
    rest = client.get("/v1/rolls/R1/repeats", params={"from_mm": told["next_from_mm"]}).json()
    assert (rest["marks"], rest["next_from_mm"]) == (8, None)


@pytest.mark.parametrize("what", ["alarms", "repeats"])
def test_a_roll_that_nobody_knows_has_neither(station: tuple[Any, Path], what: str) -> None:
    client, _ = station
    answer = client.get(f"/v1/rolls/nowhere/{what}")
    assert (answer.status_code, answer.json()["type"].split(":")[-1].split("/")[-1]) == (404, "unknown-roll")


def test_a_command_lists_the_alarms(station: tuple[Any, Path], capsys: pytest.CaptureFixture[str]) -> None:
    client, folder = station
    assert main(["roll", "alarms", "R1", "--data", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == client.get("/v1/rolls/R1/alarms").json()
    assert main(["roll", "alarms", "R1", "--data", str(folder), "--limit", "1"]) == 0
    printed = capsys.readouterr()
    assert "repeats every" in printed.out
    assert "there are more: --after" in printed.err
    assert main(["roll", "alarms", "nowhere", "--data", str(folder)]) == 2
