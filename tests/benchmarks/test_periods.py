"""The benchmark of rollers: which it mounts, and when it says that one was found."""

import math

import numpy as np
import pytest

from benchmarks import periods
from inspection.defect import Kind
from inspection.roll.alarms import Alarm, AlarmCause
from inspection.roll.repeats import Repeat
from inspection.synthetic.rollers import MarkingRoller

ROLLER = MarkingRoller(1, 0, 500.0, 100.0, 0.5, 1, 0.0)


def seen(pitch_mm: float, last_mm: float) -> periods._Seen:
    details = {"pitch_mm": pitch_mm, "last_mm": last_mm}
    alarm = Alarm(AlarmCause.REPEAT, "benchmark", 1, 100.0, last_mm + 30, "", details)
    repeat = Repeat(50.0, 100.0, 5100.0, 0, pitch_mm, 0.01, 1e-9, 1.0, None, Kind.PINHOLE, ())
    return periods._Seen((alarm,), (repeat,), 11)


@pytest.mark.parametrize("number", range(20))
def test_five_rollers_differ_and_turn_once_in_150_to_1500_mm(number: int) -> None:
    found = periods.pitches(number)
    assert len(found) == 5
    assert found[0] >= 149.99
    assert found[-1] <= 1500.01
    assert np.diff(found).min() > 50


def test_a_roller_is_found_after_as_many_marks_as_had_passed_with_the_last_one_seen() -> None:
    found = periods._found(ROLLER, seen(500.2, 100.0 + 3 * 500 + 0.2))
    assert (found.marks, found.first_error_mm, found.last_error_mm) == (4, pytest.approx(0.2), pytest.approx(0.2))


def test_a_pitch_twice_as_long_is_no_find() -> None:
    assert periods._found(ROLLER, seen(1000.0, 2100.0)) == periods._Found(None, math.inf, math.inf)
