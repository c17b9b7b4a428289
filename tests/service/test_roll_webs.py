"""The web of a roll in the store: as it is joined in memory, in any order, through failures and restarts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import wait
from dataclasses import astuple, replace
from functools import partial
from random import Random
from unittest.mock import Mock

import pytest
from databases import Database
from records import entry
from sqlalchemy import Connection, event
from web_records import FRAME_MM, Thing, eventful_roll, showing

from inspection.defect import Kind, Severity
from inspection.recipe import default_recipe
from inspection.roll.joined import Joined
from inspection.roll.pieces import Origin, pieces_of, splices_of
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.errors import StationError, StoreFailed
from service.store import roll_webs, webs
from service.store.entries import FrameEntry, RollEntry, stamp
from service.store.seam_reads import begun_seams
from service.store.store import Store
from service.store.writes import write_frame

TABLES = "web_defects", "seam_pieces", "splices", "web_metres", "metre_counts"


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        yield opened


def in_memory(frames: Iterable[FrameEntry]) -> list[WebDefect]:
    recipe = default_recipe()
    joined = Joined(recipe.joining, recipe.verdict)
    for frame in frames:
        origin = Origin(frame.number, frame.key.camera_id, frame.view, frame.rows, stamp(frame.received_at))
        joined.add(pieces_of(frame.record, origin, recipe.joining.overlap_mm), splices_of(frame.record, frame.view))
    return joined.defects()


def stored(store: Store) -> list[WebDefect]:
    return store.read(lambda connection: list(webs.defects_along(connection, "R1")))


def same(found: Sequence[WebDefect], wanted: Sequence[WebDefect]) -> bool:
    return len(found) == len(wanted) and all(
        one == (pytest.approx(other, abs=1e-6) if isinstance(other, float) else other)
        for found_one, wanted_one in zip(found, wanted, strict=True)
        for one, other in zip(astuple(found_one), astuple(wanted_one), strict=True)
    )


def keep(store: Store, frames: Iterable[FrameEntry]) -> None:
    for future in [store.keep_frame(frame) for frame in frames]:
        future.result(30)


def counts_of(defects: Iterable[WebDefect]) -> Counter[tuple[object, ...]]:
    return Counter((d.camera_id, int(d.from_mm // 1000), d.lane or 0, d.kind.value, d.severity.value) for d in defects)


def counted(database: Database) -> dict[tuple[object, ...], int]:
    rows = database.asked("SELECT camera_id, metre, lane, kind, severity, count FROM metre_counts")
    return {row[:-1]: row[-1] for row in rows}


@pytest.mark.parametrize("seed", range(3))
def test_a_roll_is_kept_as_it_is_joined_in_memory_whatever_the_order(
    store: Store, database: Database, seed: int
) -> None:
    frames = eventful_roll(seed)
    wanted = in_memory(frames)
    assert any(defect.pieces > 20 for defect in wanted)
    Random(seed).shuffle(frames)
    keep(store, frames)
    assert same(stored(store), wanted)
    assert counted(database) == counts_of(wanted)


def test_a_roll_goes_on_after_restarts_and_with_hardly_any_memory(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll_webs, "_MOST_PIECES", 7)
    frames = eventful_roll(5)
    wanted = in_memory(frames)
    Random(5).shuffle(frames)
    for begin in range(0, len(frames), 30):
        with Store(database.folder, database.url) as store:
            keep(store, frames[begin : begin + 30])
    with Store(database.folder, database.url) as store:
        assert same(stored(store), wanted)
    assert counted(database) == counts_of(wanted)


def test_a_long_roll_is_not_read_again_from_its_beginning(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_webs, "_MOST_PIECES", 7)
    begun = Mock(side_effect=begun_seams)
    monkeypatch.setattr(roll_webs, "begun_seams", begun)
    things = [Thing(Kind.STREAK, 0, 2000, 40, 40.5), Thing(Kind.SPLICE, 410, 418, 0, 192.4)]
    frames = [showing(things, index) for index in range(40)]
    keep(store, frames)
    assert same(stored(store), in_memory(frames))
    assert begun.call_count == 1


def test_a_stretch_full_of_spots_is_read_again_by_few_questions(store: Store) -> None:
    places = [(down, cross) for down in range(0, 500, 5) for cross in range(5, 85, 10)]
    spots = [Thing(Kind.STAIN, down, down + 1, cross, cross + 1) for down, cross in places]
    keep(store, [showing(spots, index) for index in range(8)])
    store._webs.forget()
    asked = Mock()
    event.listen(store._writing, "before_cursor_execute", asked)
    keep(store, [showing(spots, 8)])
    assert same(stored(store), in_memory(showing(spots, index) for index in range(9)))
    assert asked.call_count < 20


def test_rolls_that_went_by_are_let_go_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_webs, "_MOST_IN_ALL", 20)
    begun = Mock(side_effect=begun_seams)
    monkeypatch.setattr(roll_webs, "begun_seams", begun)
    streaks = [Thing(Kind.STREAK, 0, 2000, left, left + 0.5) for left in (40, 50)]
    for index in range(30):
        frame = showing(streaks, index)
        keep(store, [replace(frame, key=replace(frame.key, roll_id=f"R{index // 10}"))])
    assert sum(len(web.seams) for web in store._webs._rolls.values()) <= 20 + 20
    assert begun.call_count == 3


def test_what_fails_beside_a_frame_leaves_no_trace_of_either(store: Store, database: Database) -> None:
    streak = [Thing(Kind.STREAK, 0, 900, 40, 40.5)]
    keep(store, [showing(streak, index) for index in range(4)])
    before = {table: database.asked(f"SELECT * FROM {table}") for table in TABLES}

    def change_his_mind(connection: Connection) -> None:
        for index in (4, 5):
            write_frame(connection, showing(streak, index), store._webs)
        raise StationError("not like that")

    with pytest.raises(StationError):
        store._writer.submit(change_his_mind).result(5)
    assert {table: database.asked(f"SELECT * FROM {table}") for table in TABLES} == before
    taken = replace(showing(streak, 5), number=1)
    with pytest.raises(StoreFailed):
        store.keep_frame(taken).result(5)
    assert {table: database.asked(f"SELECT * FROM {table}") for table in TABLES} == before
    keep(store, [showing(streak, index) for index in range(4, 8)])
    assert same(stored(store), in_memory(showing(streak, index) for index in range(8)))


def test_a_group_that_is_written_again_one_by_one_counts_each_once(store: Store, database: Database) -> None:
    streak = [Thing(Kind.STREAK, 0, 900, 40, 40.5)]
    frames = [showing(streak, index) for index in range(6)]
    wait([store.keep_frame(each) for each in (*frames[:3], replace(frames[5], number=1), *frames[3:])])
    (found,) = stored(store)
    assert (found.pieces, counted(database)) == (6, counts_of([found]))
    assert database.asked("SELECT count(*) FROM seam_pieces") == [(6,)]


def test_a_frame_tells_what_it_changed(store: Store) -> None:
    spot = Thing(Kind.STAIN, FRAME_MM - 3, FRAME_MM + 2, 40, 42)
    lone = Thing(Kind.PINHOLE, 20, 20.4, 50, 50.4)
    first = store.keep_frame(showing([spot, lone], 0)).result(5)
    assert sorted(defect.pieces for defect in first) == [1, 1]
    (second,) = store.keep_frame(showing([spot, lone], 1)).result(5)
    assert (second.pieces, second.identity, second.length_mm) == (2, (1, 1), pytest.approx(5))
    assert store.keep_frame(showing([spot, lone], 2)).result(5) == ()


def test_a_roll_is_joined_and_judged_by_the_recipe_that_it_was_opened_with(store: Store) -> None:
    recipe = (
        'name = "short"\nversion = 1\n[joining]\nbridge_mm = 10\n[verdict.kinds.streak]\nseverity = "minor"\n'
        'limits = [{measure = "length_mm", above = 80, severity = "critical"}]\n'
    )
    store.open_roll(RollEntry("R1", "2030", "short", 1, recipe, "fake", "1", "f" * 64)).result(5)
    streak = [Thing(Kind.STREAK, 0, 250, 40, 40.5)]
    keep(store, [showing(streak, index) for index in (0, 1, 3)])
    assert [(defect.severity, defect.pieces) for defect in stored(store)] == [
        (Severity.CRITICAL, 2),
        (Severity.MINOR, 1),
    ]


def test_metres_add_up_to_the_web_that_was_seen(store: Store) -> None:
    frames = [showing([], index) for index in range(60)]
    held = replace(frames[19], record=replace(frames[19].record, verdict=Verdict.HOLD))
    frames[19] = held
    Random(1).shuffle(frames)
    keep(store, frames)
    metres = store.read(partial(webs.metres_of, roll_id="R1"))
    assert [metre.metre for metre in metres] == [0, 1, 2, 3]
    assert [metre.seen_mm for metre in metres] == pytest.approx([1000, 1000, 1000, 60 * FRAME_MM - 3000])
    assert sum(metre.frames for metre in metres) == 60
    assert [metre.held_mm for metre in metres] == pytest.approx([1000 - held.position_mm, FRAME_MM - 27.2, 0, 0])
    assert (metres[0].first_at, metres[0].last_at) == (
        "2030-01-01T12:00:00.000+00:00",
        "2030-01-01T12:00:00.019+00:00",
    )


def test_a_web_before_the_start_of_the_roll_has_metres_too(store: Store, database: Database) -> None:
    keep(store, [replace(showing([], 0), position_mm=-30.0)])
    assert database.asked("SELECT metre, frames, seen_mm FROM web_metres ORDER BY metre") == [
        (-1, 1, 30.0),
        (0, 0, pytest.approx(FRAME_MM - 30)),
    ]


def test_other_frames_of_the_station_stay_as_they_were(store: Store) -> None:
    keep(store, [entry(0, defects=2, events=1), entry(1, defects=1)])
    assert [defect.kind for defect in stored(store)] == [Kind.PINHOLE] * 3
    assert len(store.read(partial(webs.splices_of, roll_id="R1"))) == 1
