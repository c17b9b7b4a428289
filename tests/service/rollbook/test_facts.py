"""Facts of a roll that make its places doubtful, from the store of either kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pytest
from databases import Database
from records import entry
from sqlalchemy import insert

from inspection.geometry import View
from service.rollbook.facts import RollFact, facts_of
from service.store.camera_views import write_view
from service.store.connection import Connection
from service.store.entries import FrameKey, RollCameraEntry, RollEntry
from service.store.store import Store
from service.store.tables import lane_metres

ROLL = RollEntry("R1", "2030", "default", 1, None, "fake", "1", "f" * 64)
LANES_MM = ((20.0, 150.0), (165.0, 290.0))
METRES = 12


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        opened.open_roll(ROLL).result(5)
        yield opened


def join(store: Store, camera_id: str, view: View | None = None, calibration: int | None = 1) -> None:
    store.open_roll_camera(RollCameraEntry("R1", camera_id, calibration, 0.05, "2030")).result(5)
    if view:
        store.change(partial(write_view, roll_id="R1", camera_id=camera_id, view=view)).result(5)


def saw_lanes(store: Store, camera_id: str, view: View, offset_error_mm: float = 0.0) -> None:
    """Have a camera tell the lanes that its true view shows; an edge that is not in sight has no mean."""
    rows = [
        {
            "roll_id": "R1",
            "camera_id": camera_id,
            "metre": metre,
            "lane": number,
            "side": "top",
            "seen_mm2": 0.0,
            **_row(lane, view, offset_error_mm),
        }
        for metre in range(METRES)
        for number, lane in enumerate(LANES_MM, 1)
        if lane[0] < view.right_mm and lane[1] > view.left_mm
    ]

    def write(connection: Connection) -> None:
        connection.execute(insert(lane_metres), rows)

    store.change(write).result(5)


def _row(lane: Sequence[float], view: View, error_mm: float) -> Mapping[str, float]:
    names = [column.name for column in lane_metres.columns if column.name.endswith(("_n", "_sum", "_squares"))]
    row: dict[str, float] = dict.fromkeys(names, 0)
    for rim, place in zip(("left", "right"), lane, strict=True):
        if view.left_mm < place < view.right_mm:
            row |= {f"{rim}_mm_n": 20, f"{rim}_mm_sum": 20 * (place + error_mm)}
    return row


def moved(view: View, by_mm: float) -> View:
    return replace(view, left_mm=view.left_mm + by_mm, right_mm=view.right_mm + by_mm)


def facts(store: Store) -> tuple[RollFact, ...]:
    return store.read(partial(facts_of, roll_id="R1"))


FIRST, SECOND = View(0, 172), View(142, 310)


def two_cameras(store: Store, error_mm: float, second: View = SECOND, calibration: int | None = 1) -> None:
    for camera_id, view, wrong_mm in (("cam-1", FIRST, 0.0), ("cam-2", second, error_mm)):
        join(store, camera_id, moved(view, wrong_mm), calibration)
        saw_lanes(store, camera_id, view, wrong_mm)


def test_cameras_that_agree_make_nothing_doubtful(store: Store) -> None:
    two_cameras(store, 0.6)
    assert facts(store) == ()


@pytest.mark.parametrize("error_mm", [1.5, -1.5, 7.0, -9.0])
def test_a_wrong_offset_is_told_with_the_amount_to_correct_it_by(store: Store, error_mm: float) -> None:
    two_cameras(store, error_mm)
    (fact,) = facts(store)
    assert (fact.about, fact.cameras) == ("offset", ("cam-1", "cam-2"))
    assert fact.by_mm == pytest.approx(-error_mm)
    assert (fact.from_mm, fact.to_mm) == (0, 1e3 * METRES)
    assert f"calibrate cam-2 with --cross-offset-mm 142.00 instead of {142 + error_mm:.2f}" in fact.told


def test_a_camera_without_calibration_is_compared_with_none(store: Store) -> None:
    two_cameras(store, 7.0, calibration=None)
    assert facts(store) == ()


def test_cameras_of_different_sides_are_not_compared(store: Store) -> None:
    two_cameras(store, 7.0, replace(SECOND, side="bottom"))
    assert facts(store) == ()


def test_a_gap_between_cameras_within_the_lanes_was_seen_by_nobody(store: Store) -> None:
    two_cameras(store, 0.0, replace(SECOND, left_mm=175.5))
    store.keep_frame(entry(0)).result(5)
    (fact,) = facts(store)
    assert (fact.about, fact.by_mm) == ("gap", pytest.approx(3.5))
    assert "3.5 mm of the top side, from 172.0 to 175.5 mm" in fact.told
    assert (fact.from_mm, fact.to_mm) == (0, 51.2)


def test_a_wider_overlap_than_the_recipe_joins_across_would_count_defects_twice(store: Store) -> None:
    two_cameras(store, 0.0, replace(SECOND, left_mm=100.0))
    (fact,) = facts(store)
    assert (fact.about, fact.cameras, fact.by_mm) == ("overlap", ("cam-1", "cam-2"), pytest.approx(72))
    assert "overlap by 72.0 mm, and defects are joined across 40 mm" in fact.told
    assert "[joining] overlap_mm = 72" in fact.told


def test_a_gap_beside_the_lanes_is_none(store: Store) -> None:
    two_cameras(store, 0.0)
    join(store, "cam-3", View(312, 340))
    assert facts(store) == ()


def test_positions_that_fall_are_told_by_camera_and_place_whatever_the_order_of_arrival(store: Store) -> None:
    join(store, "cam-1")
    join(store, "cam-2")
    places = [0, 1, 2, 3, 2, 1, 2, 3, 4, 5]
    for sequence in (4, 0, 9, 1, 2, 8, 3, 5, 7, 6):
        frame = replace(entry(sequence), position_mm=51.2 * places[sequence])
        store.keep_frame(frame)
        store.keep_frame(replace(entry(sequence, number=100 + sequence), key=FrameKey("cam-2", "R1", sequence))).result(
            5
        )
    (fact,) = facts(store)
    assert (fact.about, fact.cameras) == ("position", ("cam-1",))
    assert (fact.from_mm, fact.to_mm) == (pytest.approx(51.2), pytest.approx(4 * 51.2))
    assert fact.by_mm == pytest.approx(2 * 51.2)
    assert "from frame 3 to frame 5" in fact.told
