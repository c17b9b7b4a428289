"""A roll at a glance, from the store of either kind."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import psycopg
import pytest
from databases import Database
from records import NOON, entry
from sqlalchemy import insert

from inspection.geometry import View
from service.errors import StoreFailed, UnknownRoll
from service.rollbook.card import CameraOnRoll, RollCard, SpliceOnRoll, roll_card
from service.store.audit import Actor
from service.store.beside import changing
from service.store.camera_views import write_view
from service.store.entries import FrameKey, RollCameraEntry, RollEntry
from service.store.openings import close_roll
from service.store.refusals import Refusal
from service.store.store import Store
from service.store.tables import splices

ROLL = RollEntry("R1", "2030", "default", 1, None, "fake", "1", "f" * 64)
ANNA = Actor("user", "Anna", "here")


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        opened.open_roll(ROLL).result(5)
        for camera_id, calibration in (("cam-1", 3), ("cam-2", None)):
            opened.open_roll_camera(RollCameraEntry("R1", camera_id, calibration, 0.05, "2030")).result(5)
        yield opened


def card(store: Store) -> RollCard:
    return store.read(partial(roll_card, roll_id="R1"))


def refuse(store: Store, camera_id: str, sequence: int, cause: str, position_mm: float) -> None:
    key = FrameKey(camera_id, "R1", sequence)
    store.keep_refusal(Refusal(key, cause, "", NOON, NOON, position_mm=position_mm, rows=1024))


def test_a_roll_tells_what_each_camera_saw_and_what_nobody_did(store: Store) -> None:
    for sequence in (0, 1, 3):
        store.keep_frame(entry(sequence, defects=2)).result(5)
    store.change(partial(write_view, roll_id="R1", camera_id="cam-1", view=View(0, 204.8))).result(5)
    refuse(store, "cam-3", 0, "queue-full", 0)
    store.keep_frame(replace(entry(0, number=50), key=FrameKey("cam-2", "R1", 0))).result(5)
    told = card(store)
    assert (told.frames, told.length_m) == (4, 0.2048)
    assert told.cameras == (
        CameraOnRoll("cam-1", 3, View(0, 204.8), 3, 0.0, 0.2048, 1, 0.0512),
        CameraOnRoll("cam-2", None, None, 1, 0.0, 0.0512, 0, 0.0),
        CameraOnRoll("cam-3", None, None, 0, None, None, 1, 0.0),
    )
    assert told.defects == {"minor": 6, "major": 0, "critical": 0}
    assert (told.frames_not_inspected, told.not_inspected_m) == (2, 0.0512)


def test_web_that_two_cameras_missed_at_the_same_place_is_counted_once(store: Store) -> None:
    for number, camera_id in enumerate(("cam-1", "cam-2"), 1):
        for sequence in (0, 3):
            frame = replace(entry(sequence, number=10 * number + sequence), key=FrameKey(camera_id, "R1", sequence))
            store.keep_frame(frame).result(5)
    told = card(store)
    assert [camera.not_inspected_m for camera in told.cameras] == [0.1024, 0.1024]
    assert (told.frames_not_inspected, told.not_inspected_m) == (4, 0.1024)


def test_a_splice_that_two_cameras_saw_is_one(store: Store) -> None:
    rows = [
        {"frame": n, "number": 1, "roll_id": "R1", "camera_id": f"cam-{n}", "from_mm": place, "to_mm": place + 30}
        | {"parts_web": True}
        for n, place in ((1, 5000.0), (2, 5004.0), (3, 90000.0))
    ]
    store.change(lambda connection: connection.execute(insert(splices), rows)).result(5)
    assert card(store).splices == (SpliceOnRoll(5.0, 5.034), SpliceOnRoll(90.0, 90.03))


def test_frames_that_came_after_closing_are_told_apart(store: Store) -> None:
    store.keep_frame(entry(0)).result(5)
    store.change(partial(close_roll, roll_id="R1", actor=ANNA, at=NOON)).result(5)
    refuse(store, "cam-1", 1, "roll-closed", 51.2)
    refuse(store, "cam-1", 2, "roll-closed", 102.4)
    refuse(store, "cam-2", 0, "queue-full", 0)
    store.keep_refusal(Refusal(FrameKey("cam-1", "R1", 1), "queue-full", "", NOON, NOON))
    store._refusals.finish()
    told = card(store)
    assert (told.frames_after_closing, told.frames_not_inspected) == (2, 3)
    assert (told.state, told.closed_by) == ("closed", "user Anna")


def test_there_is_no_card_of_a_roll_that_nobody_knows(store: Store) -> None:
    with pytest.raises(UnknownRoll):
        store.read(partial(roll_card, roll_id="R2"))


def test_a_command_that_closes_waits_for_frames_under_way_and_not_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In SQLite one writer waits for the other by itself; PostgreSQL has to be told."""
    if not database.url:
        pytest.skip("one writer at a time")
    monkeypatch.setenv("COATSIGHT_STORE_URL", database.url)
    with Store(database.folder, database.url) as store:
        store.open_roll(ROLL).result(5)
    with psycopg.connect(database.url) as session:
        session.execute("LOCK TABLE frames IN ROW EXCLUSIVE MODE")  # what an insert holds until its commit
        begun = time.monotonic()
        with pytest.raises(StoreFailed, match="try again"), changing(database.folder) as connection:
            close_roll(connection, "R1", ANNA, NOON)
        assert 0.3 < time.monotonic() - begun < 5
        assert database.asked("SELECT count(*) FROM closed_rolls") == [(0,)]
        assert database.asked("SELECT count(*) FROM audit_trail") == [(0,)]
    with changing(database.folder) as connection:
        close_roll(connection, "R1", ANNA, NOON)
    assert database.asked("SELECT closed_by FROM closed_rolls") == [("user Anna",)]
