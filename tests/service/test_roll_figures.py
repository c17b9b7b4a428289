"""Maps and statistics say what the defects themselves say; both databases, and over sockets."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from databases import Database
from drawn_rolls import BEGUN, LENGTH_M, drawn, write_roll
from fakes import draw, post, running
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select, update

from inspection.roll.web_defect import WebDefect
from service.errors import UnknownRoll
from service.rollbook import roll_map as mapping
from service.rollbook.roll_map import roll_map
from service.rollbook.statistics import By, statistics
from service.shifts import parse_shifts, shift_of
from service.store.entries import stamp
from service.store.store import Store
from service.store.tables import metre_counts, stretch_counts, web_metres, web_stretches
from service.store.web_counts import STEPS, WHOLE, count_between, cover
from service.store.web_sums import RollsAsked

SHIFTS = parse_shifts("06:00 14:00 22:00", "UTC")
LATER = BEGUN + timedelta(days=8)
R1, R2 = drawn(1, 300), drawn(2, 100, first_frame=1000, begun=LATER)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        opened.change(partial(write_roll, roll_id="R1", defects=R1)).result(10)
        opened.change(partial(write_roll, roll_id="R2", defects=R2, begun=LATER, product="nmc")).result(10)
        opened.change(partial(write_roll, roll_id="EMPTY", defects=[], begun=LATER)).result(10)
        yield opened


@given(st.integers(-3000, 3000), st.integers(0, 3000))
def test_stretches_cover_each_metre_of_a_range_once(first: int, length: int) -> None:
    covered = [metre for step, low, high in cover(first, first + length) for metre in range(low << step, high << step)]
    assert sorted(covered) == list(range(first, first + length))


def test_few_stretches_cover_a_whole_roll() -> None:
    assert sum(high - low for _, low, high in cover(3, 30_001)) < 500


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(-10, 210), length=st.integers(0, 210))
def test_defects_between_metres_are_counted(store: Store, first: int, length: int) -> None:
    counted = store.read(partial(count_between, roll_id="R1", first_metre=first, end_metre=first + length))
    assert counted == sum(first <= each.from_mm // 1000 < first + length for each in R1)


def _churn(connection: Connection) -> None:
    """What joining does to counts: one more, one less, and away."""
    random = Random(7)
    for row in connection.execute(select(metre_counts)).all():
        of_row = [column == row._mapping[column.name] for column in metre_counts.primary_key.columns]
        choice = random.randrange(3)
        if choice == 0:
            connection.execute(delete(metre_counts).where(*of_row))
        elif choice == 1:
            connection.execute(update(metre_counts).where(*of_row).values(count=metre_counts.c.count + 3))
    connection.execute(update(web_metres).values(seen_mm=web_metres.c.seen_mm - 0.5, last_at="2031"))


def _sums(connection: Connection, step: int) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    kept, counted = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for row in connection.execute(select(stretch_counts).where(stretch_counts.c.step == step)):
        kept[row.roll_id, row.stretch, row.lane, row.kind, row.severity, row.camera_id] = row.count
    for row in connection.execute(select(metre_counts)):
        counted[row.roll_id, row.metre >> step, row.lane, row.kind, row.severity, row.camera_id] += row.count
    return +kept, counted


def test_the_database_keeps_the_sums_of_counts_whatever_is_done_to_them(store: Store) -> None:
    store.change(_churn).result(20)
    for step in (*STEPS[1:], WHOLE):
        kept, counted = store.read(partial(_sums, step=step))
        assert kept == counted
    seen = select(func.sum(web_stretches.c.seen_mm), func.max(web_stretches.c.last_at))
    for step in (6, WHOLE):
        told = store.read(
            lambda connection, step=step: connection.execute(seen.where(web_stretches.c.step == step)).one()
        )
        assert tuple(told) == (pytest.approx(999.5 * LENGTH_M * 6), "2031")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    from_m=st.none() | st.floats(-20, 220),
    to_m=st.none() | st.floats(-20, 220),
    bins=st.integers(1, 300),
    most=st.sampled_from([0, 20, 5000]),
)
def test_a_map_shows_what_lies_there(
    store: Store, from_m: float | None, to_m: float | None, bins: int, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, "MOST_POINTS", most)
        told = store.read(partial(roll_map, roll_id="R1", from_m=from_m, to_m=to_m, bins=bins))
    assert told.bins <= bins
    counted: Counter[tuple[int, int, str, str]] = Counter()
    for lane, kind, severity, counts in zip(*vars(told.series).values(), strict=True):
        counted.update({(n, lane, told.kinds[kind], told.severities[severity]): c for n, c in enumerate(counts)})
    first, end = told.first_bin_m, told.first_bin_m + told.bins * told.bin_m
    there = [each for each in R1 if first <= each.from_mm // 1000 < end]
    by_hand = Counter(
        (int((each.from_mm / 1e3 - first) // told.bin_m), each.lane or 0, each.kind.value, each.severity.value)
        for each in there
    )
    assert +counted == by_hand
    assert told.total == len(there)
    touching = [each for each in R1 if each.from_mm < 1e3 * told.to_m and each.to_mm > 1e3 * told.from_m]
    assert set(told.lines.id) == ids(each for each in touching if each.to_mm - each.from_mm >= 1000)
    if told.points is None:
        assert most < 5000
    else:
        assert set(told.points.id) == ids(each for each in touching if each.to_mm - each.from_mm < 1000)


def ids(defects: Iterator[WebDefect]) -> set[str]:
    return {f"{each.identity[0]:016x}.{each.identity[1]}" for each in defects}


def test_a_whole_roll_is_mapped_where_nothing_else_is_asked(store: Store) -> None:
    told = store.read(partial(roll_map, roll_id="R1"))
    assert (told.from_m, told.to_m, told.bin_m) == (0, LENGTH_M, 2)
    longest_first = [low - high for low, high in zip(told.lines.from_m, told.lines.to_m, strict=True)]
    assert longest_first == sorted(longest_first)


def name_of(by: By, defect: WebDefect, begun: object) -> str:
    moment = max(BEGUN if begun is BEGUN else LATER, begun + timedelta(seconds=defect.from_mm // 1000))
    return {
        By.KIND: defect.kind.value,
        By.LANE: str(defect.lane or 0),
        By.SEVERITY: defect.severity.value,
        By.CAMERA: defect.camera_id,
        By.SHIFT: shift_of(moment, SHIFTS).told,
        By.DAY: str(moment.date()),
        By.WEEK: f"{moment:%G-W%V}",
    }[by]


@pytest.mark.parametrize("by", By)
def test_statistics_of_a_roll_count_its_defects(store: Store, by: By) -> None:
    told = store.read(partial(statistics, asked=RollsAsked("R1"), by=by, shifts=SHIFTS))
    assert {each.name: each.count for each in told.figures if each.count} == Counter(
        name_of(by, each, BEGUN) for each in R1
    )
    assert (told.total, told.rolls, told.seen_m) == (300, 1, LENGTH_M)
    for each in told.figures:
        assert each.minor + each.major + each.critical == each.count
        assert each.per_m == pytest.approx(each.count / each.seen_m, abs=1e-5)


@pytest.mark.parametrize("by", By)
def test_statistics_of_a_period_count_the_defects_of_its_rolls(store: Store, by: By) -> None:
    told = store.read(partial(statistics, asked=RollsAsked(), by=by, shifts=SHIFTS))
    by_hand = Counter(name_of(by, each, BEGUN) for each in R1) + Counter(name_of(by, each, LATER) for each in R2)
    assert {each.name: each.count for each in told.figures if each.count} == by_hand
    assert (told.total, told.rolls, told.seen_m) == (400, 3, 3 * LENGTH_M)


def test_what_was_seen_in_a_shift_is_told_beside_what_was_found_in_it(store: Store) -> None:
    told = store.read(partial(statistics, asked=RollsAsked("R1"), by=By.SHIFT, shifts=SHIFTS))
    assert [(each.name, each.seen_m) for each in told.figures] == [
        ("2029-12-31 22:00", 60.0),
        ("2030-01-01 06:00", LENGTH_M - 60.0),
    ]


def test_a_period_and_a_product_choose_rolls(store: Store) -> None:
    for asked, total in (
        (RollsAsked(since=stamp(LATER)), 100),
        (RollsAsked(until=stamp(LATER)), 300),
        (RollsAsked(product="nmc"), 100),
        (RollsAsked(product="lfp"), 0),
    ):
        assert store.read(partial(statistics, asked=asked, by=By.KIND, shifts=SHIFTS)).total == total


def test_a_roll_that_nobody_opened_has_neither_map_nor_statistics(store: Store) -> None:
    with pytest.raises(UnknownRoll):
        store.read(partial(roll_map, roll_id="R9"))
    with pytest.raises(UnknownRoll):
        store.read(partial(statistics, asked=RollsAsked("R9"), by=By.KIND, shifts=SHIFTS))


def test_a_station_lists_maps_and_counts_the_defects_that_it_answered(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for sequence in range(3):
            post(client, draw(sequence, holes=4), sequence)
        post(client, draw(9), 5)
        listed = client.get("/v1/rolls/R1/defects", params={"limit": 500}).raise_for_status().json()
        assert listed["total"] == len(listed["defects"]) > 4
        assert client.get("/v1/defects").json()["defects"] == sorted(
            listed["defects"], key=lambda each: (each["found_at"], each["id"]), reverse=True
        )
        told = client.get("/v1/rolls/R1/map").raise_for_status().json()
        assert told["total"] == listed["total"] == len(told["points"]["id"]) + len(told["lines"]["id"])
        assert told["not_inspected"]["frames"] == [2]
        for by in By:
            for path in ("/v1/rolls/R1/statistics", "/v1/statistics"):
                counted = client.get(path, params={"by": by}).raise_for_status().json()
                assert counted["total"] == listed["total"]


def test_a_page_goes_on_where_the_one_before_ended(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for sequence in range(3):
            post(client, draw(sequence, holes=6), sequence)
        whole = client.get("/v1/rolls/R1/defects?order=worst&limit=500").json()["defects"]
        query, found = {"order": "worst", "limit": 3}, []
        while True:
            page = client.get("/v1/rolls/R1/defects", params=query).json()
            found += page["defects"]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert found == whole
        assert len(whole) > 6
        refused = client.get("/v1/rolls/R1/defects", params={"cursor": query["cursor"]})
        assert (refused.status_code, refused.json()["type"]) == (404, "urn:coatsight:problem:unknown-page")


def test_a_defects_picture_is_the_one_that_was_named(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        post(client, draw(1, holes=3), 0)
        (first, *_) = client.get("/v1/rolls/R1/defects").json()["defects"]
        answer = client.get(f"/v1/defects/{first['id']}/crop.png").raise_for_status()
        kept = Database(tmp_path).asked("SELECT pictures FROM crops")[0][0]
        number = int(first["id"].split(".")[1])
        pixels = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert pixels.tobytes() == kept[4096 * (number - 1) : 4096 * number]
        for missing in (f"{first['id'].split('.')[0]}.99", f"{1:016x}.1"):
            assert client.get(f"/v1/defects/{missing}/crop.png").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/rolls/R1/defects?limit=501",
        "/v1/rolls/R1/defects?kind=pinhol",
        "/v1/rolls/R1/defects?from_m=nan",
        "/v1/rolls/R1/defects?lanes=1",
        "/v1/rolls/R1/map?bins=301",
        "/v1/statistics?by=colour",
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(tmp_path: Path, path: str) -> None:
    with running(tmp_path) as client:
        assert client.get(path).status_code == 422


@pytest.mark.parametrize("what", ["defects", "map", "statistics"])
def test_a_roll_that_nobody_knows_is_not_found(tmp_path: Path, what: str) -> None:
    with running(tmp_path) as client:
        assert client.get(f"/v1/rolls/R9/{what}").status_code == 404
