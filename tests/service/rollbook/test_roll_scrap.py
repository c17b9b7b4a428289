"""Scrap of rolls and periods: square metres add up, shifts and days are the plant's, factors are the product's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from databases import Database
from records import NOON
from rolls_by_hand import RollByHand, defect, writing

from inspection.errors import FactorsError
from inspection.roll.factors import built_in, parse_factors
from service.errors import PeriodTooLong
from service.factors import factors_in
from service.rollbook.period_scrap import By, Period, PeriodScrap, period_scrap
from service.rollbook.scrap import RollScrap, ScrapRow, roll_scrap
from service.shifts import parse_shifts
from service.store.connection import Connection

PLANT = parse_shifts("06:00 14:00 22:00", "Europe/Berlin")
CHEAP = '[default.material]\nlow = 1\nmid = 2\nhigh = 3\nsource = "test"\n'
DEAR = CHEAP + '[nmc.material]\nlow = 10\nmid = 20\nhigh = 30\nsource = "test"\n'


@pytest.fixture
def connection(tmp_path) -> Iterator[Connection]:
    with writing(Database(tmp_path)) as made:
        yield made


def made(
    connection: Connection, roll_id: str = "R1", since: datetime = NOON, s_per_m: float = 1.0, **opened
) -> RollByHand:
    """A hundred metres of two lanes of 0.2 m: 40 m2."""
    roll = RollByHand(connection, roll_id)
    roll.open(recipe_text='name = "made"\nversion = 3\n[roll]\nmargin_mm = 0\n', **opened)
    roll.see(range(100))
    roll.measure()
    roll.run(range(100), since, s_per_m)
    return roll


def told(roll: RollByHand) -> RollScrap:
    return roll_scrap(roll.connection, roll.roll_id, built_in())


def whole(row: ScrapRow) -> float:
    return row.inspected_m2 + row.not_inspected.m2 + row.held.m2


def period(connection: Connection, by: By, hours: float = 24, since: datetime = NOON, **more) -> PeriodScrap:
    asked = Period(since, since + timedelta(hours=hours), by, PLANT)
    return period_scrap(connection, asked, parse_factors(DEAR), **more)


def test_a_clean_roll_s_square_metres_were_inspected_and_none_is_lost(connection) -> None:
    scrap = told(made(connection))
    assert [row.of for row in scrap.lanes] == ["lane 1", "lane 2"]
    assert (scrap.total.inspected_m2, scrap.total.rejected.m2) == (pytest.approx(40), 0)
    assert (scrap.factors_of, scrap.unmeasured_lanes, scrap.avoidable) == ("default", (), ())


def test_what_became_of_a_roll_adds_up_to_length_times_width(connection) -> None:
    roll = made(connection)
    roll.find(defect(20, 30), defect(35, 35.001, "major", "scratch", lane=2, left_mm=400, right_mm=401))
    roll.see(range(100, 110), held="blurred: x")
    roll.see(range(115, 120))
    scrap = told(roll)
    assert whole(scrap.total) == pytest.approx(120 * 0.4)
    assert scrap.total.not_inspected.m2 == pytest.approx(5 * 0.4)
    assert scrap.total.held.m2 == pytest.approx(10 * 0.4)
    assert scrap.lanes[0].rejected.m2 >= 2


def test_a_streak_that_went_on_tells_what_stopping_would_have_saved(connection) -> None:
    roll = made(connection)
    roll.find(defect(20, 80, "major", "streak"))
    scrap = told(roll)
    (streak,) = scrap.avoidable
    assert (streak.lane, streak.why, streak.from_m, streak.to_m) == (1, "major streak", 21, 80)
    assert streak.saved.m2 == scrap.lanes[0].avoidable.m2 == pytest.approx(59 * 0.2)
    assert streak.saved.eur.mid == pytest.approx(59 * 0.2 * 9.5)
    assert scrap.lanes[0].rejected.m2 == pytest.approx(60 * 0.2)


def test_a_product_is_counted_with_its_own_factors(connection) -> None:
    roll = made(connection, product="nmc")
    roll.find(defect(20, 30))
    scrap = roll_scrap(connection, "R1", parse_factors(DEAR))
    assert (scrap.factors_of, scrap.total.rejected.eur.mid) == ("nmc", pytest.approx(2 * 20))


def test_a_period_by_roll_and_by_lane_adds_up_to_its_rolls(connection) -> None:
    made(connection, "R1").find(defect(20, 30))
    made(connection, "R2", NOON + timedelta(hours=1), product="nmc").find(defect(20, 40))
    by_roll, by_lane = period(connection, "roll"), period(connection, "lane")
    assert [(row.of, round(row.rejected.m2, 6)) for row in by_roll.rows] == [("R1", 2), ("R2", 4)]
    assert [(row.of, round(whole(row), 6)) for row in by_lane.rows] == [("lane 1", 40), ("lane 2", 40)]
    assert by_roll.rolls == 2
    assert by_roll.total.rejected.eur.mid == pytest.approx(2 * 2 + 4 * 20) == by_lane.total.rejected.eur.mid


def test_a_roll_that_ran_over_the_end_of_a_shift_is_parted_there_by_the_plant_s_clock(connection) -> None:
    made(connection, since=datetime(2030, 1, 1, 12, 59, tzinfo=UTC), s_per_m=2.0).find(defect(20, 40))
    rows = period(connection, "shift").rows
    assert [(row.of, round(whole(row), 6), round(row.rejected.m2, 6)) for row in rows] == [
        ("2030-01-01 06:00", 12.0, 2.0),  # 14:00 in Berlin is 13:00 in UTC: 30 metres later
        ("2030-01-01 14:00", 28.0, 2.0),
    ]


def test_a_roll_that_ran_over_midnight_is_parted_by_the_plant_s_day(connection) -> None:
    made(connection, since=datetime(2030, 1, 1, 22, 59, tzinfo=UTC), s_per_m=2.0)
    rows = period(connection, "day").rows
    assert [(row.of, round(whole(row), 6)) for row in rows] == [("2030-01-01", 12.0), ("2030-01-02", 28.0)]


def test_only_what_ran_in_the_period_counts(connection) -> None:
    made(connection, s_per_m=36.0)
    half = period(connection, "roll", hours=0.5)
    assert whole(half.total) == pytest.approx(50 * 0.4)
    assert period(connection, "roll", since=NOON + timedelta(days=1)).rows == ()
    assert period(connection, "roll", since=NOON - timedelta(days=1)).rolls == 0


def test_pieces_of_a_period_add_up_to_the_period(connection) -> None:
    roll = made(connection, s_per_m=300.0)
    roll.see(range(100, 110), held="blurred: x")
    roll.find(defect(20, 60))
    totals = [period(connection, by).total for by in ("roll", "lane", "shift", "day")]
    assert all(whole(total) == pytest.approx(110 * 0.4) for total in totals)
    assert all(total.rejected.m2 == pytest.approx(totals[0].rejected.m2) for total in totals)


def test_pieces_add_up_where_cameras_begin_and_end_on_other_lines(connection) -> None:
    roll = RollByHand(connection)
    roll.open(cameras=("cam-1", "cam-2"))
    roll.see(range(10), by_m=0.4)
    roll.see(range(10), camera="cam-2", by_m=1.3)
    roll.measure()
    roll.run(range(12), s_per_m=3600.0 * 10)
    lengths = [whole(period(connection, by, hours=240).total) for by in ("roll", "shift", "day")]
    assert lengths == pytest.approx([9.1 * 0.4] * 3)


def test_a_period_of_too_many_rolls_is_refused_with_what_to_do(connection) -> None:
    for n in range(3):
        made(connection, f"R{n}")
    counted: list[tuple[int, int]] = []
    period(connection, "roll", counted=lambda done, of: counted.append((done, of)))
    assert counted == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(PeriodTooLong, match="at most 2 rolls, got one of 3: ask for a shorter one"):
        period(connection, "roll", most_rolls=2)


def test_a_closed_roll_of_another_time_is_not_even_looked_at(connection) -> None:
    made(connection).close(NOON + timedelta(hours=1))
    counted: list[tuple[int, int]] = []
    period(connection, "roll", since=NOON + timedelta(hours=2), counted=lambda *told: counted.append(told))
    assert counted == []


def test_a_plant_s_factors_are_read_from_its_folder(tmp_path) -> None:
    assert factors_in(tmp_path) == built_in()
    (tmp_path / "factors.toml").write_text(DEAR)
    assert factors_in(tmp_path)["nmc"].material.mid == 20
    (tmp_path / "factors.toml").write_text(DEAR.replace('source = "test"', ""))
    with pytest.raises(FactorsError, match=r"factors\.toml: default\.material: expected the source"):
        factors_in(tmp_path)
    (tmp_path / "factors.toml").write_bytes(b"\xff")
    with pytest.raises(FactorsError, match="expected factors in UTF-8 text at"):
        factors_in(tmp_path)
