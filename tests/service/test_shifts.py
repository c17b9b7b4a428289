"""Shifts by the plant's clock, across the nights when it is put forward and back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import InputError
from service.settings import Settings
from service.shifts import parse_shifts, shift_of, shifts_between

BERLIN = ZoneInfo("Europe/Berlin")
THREE = parse_shifts("06:00 14:00 22:00", "Europe/Berlin")

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
plans = st.builds(
    parse_shifts,
    st.sampled_from(["06:00 14:00 22:00", "00:00", "02:30", "01:30 02:30 03:30", "18:00 06:00", "02:00 03:00"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
)


def test_the_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = shift_of(datetime(2030, 2, 1, 3, tzinfo=BERLIN), THREE)
    assert (night.name, str(night.date), night.told) == ("22:00", "2030-01-31", "2030-01-31 22:00")
    assert night.begins_at == datetime(2030, 1, 31, 22, tzinfo=BERLIN)


def test_a_shift_s_first_moment_is_its_own() -> None:
    at_two = datetime(2030, 1, 31, 14, tzinfo=BERLIN)
    assert shift_of(at_two, THREE).name == "14:00"
    assert shift_of(at_two - timedelta(microseconds=1), THREE).name == "06:00"


@pytest.mark.parametrize(("day", "hours"), [(datetime(2030, 3, 30), 7), (datetime(2030, 10, 26), 9)])
def test_the_night_in_which_clocks_change_is_shorter_or_longer(day: datetime, hours: int) -> None:
    night = shift_of(datetime(day.year, day.month, day.day, 23, tzinfo=BERLIN), THREE)
    assert night.ends_at - night.begins_at == timedelta(hours=hours)
    assert shift_of(night.ends_at, THREE).name == "06:00"


def test_the_hour_that_the_clock_shows_twice_has_both_its_halves_in_the_shift_that_began_in_it() -> None:
    shifts = parse_shifts("02:30 14:00", "Europe/Berlin")
    before, first, second = (datetime(2030, 10, 27, 0, minute, tzinfo=UTC) for minute in (29, 30, 59))
    again = datetime(2030, 10, 27, 1, 15, tzinfo=UTC)  # the clock shows 02:15 once more
    assert [shift_of(each, shifts).name for each in (before, first, second, again)] == ["14:00"] + 3 * ["02:30"]


@given(moments, plans)
def test_every_moment_falls_into_one_shift_that_begins_when_it_says(moment: datetime, shifts) -> None:
    shift = shift_of(moment, shifts)
    assert shift.begins_at <= moment < shift.ends_at
    jump = (shift.begins_at - timedelta(hours=2)).astimezone(shifts.zone).utcoffset() != shift.begins_at.utcoffset()
    assert jump or f"{shift.begins_at:%H:%M}" == shift.name
    assert shift_of(shift.begins_at, shifts) == shift


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=20)), plans)
def test_a_period_is_cut_into_shifts_without_a_gap(since: datetime, lasts: timedelta, shifts) -> None:
    cut = shifts_between(since, since + lasts, shifts)
    assert all(one.ends_at == other.begins_at for one, other in pairwise(cut))
    assert cut[0].begins_at <= since < cut[0].ends_at
    assert cut[-1].begins_at < since + lasts <= cut[-1].ends_at
    assert shift_of(since, shifts) == cut[0]


@pytest.mark.parametrize(
    ("beginnings", "zone", "told"),
    [
        ("", "UTC", "got none"),
        ("6 o'clock", "UTC", "expected the beginning of a shift as 06:00, got '6'"),
        ("25:00", "UTC", "got '25:00'"),
        ("06:00 06:30", "UTC", "shifts of an hour or more, got 06:00 and 06:30"),
        ("23:30 00:00 08:00", "UTC", "got 23:30 and 00:00"),
        ("06:00", "Berlin", "IANA time zone database as Europe/Berlin, got 'Berlin'"),
        ("06:00", "../etc", "got '../etc'"),
        ("06:00", "Europe", "got 'Europe'"),
    ],
)
def test_what_is_no_shift_or_zone_is_refused_in_one_sentence(beginnings: str, zone: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_shifts(beginnings, zone)


def test_settings_hold_the_plant_s_shifts_and_refuse_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COATSIGHT_SHIFTS", "07:00 19:00")
    monkeypatch.setenv("COATSIGHT_TIME_ZONE", "Europe/Berlin")
    assert shift_of(datetime(2030, 1, 31, 5, tzinfo=UTC), Settings(data_dir=tmp_path).shift_plan).name == "19:00"
    monkeypatch.setenv("COATSIGHT_TIME_ZONE", "Mars")
    with pytest.raises(InputError, match="got 'Mars'"):
        Settings(data_dir=tmp_path)
