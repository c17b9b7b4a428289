"""Scrap: every square metre is counted once, and what an alarm would have saved begins a metre after the onset."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webs_by_hand import ROLL, fault, fault_lists, unseen

from inspection.defect import Severity
from inspection.roll.cuts import cut_list
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause
from inspection.roll.roll_settings import RollSettings
from inspection.roll.scrap import Areas, LaneAccount, avoidable, lane_accounts

USUAL = RollSettings(margin_mm=0)


def accounts(faults, extent=ROLL) -> list[LaneAccount]:
    return lane_accounts(faults, cut_list(faults, extent, USUAL), extent, USUAL)


def test_a_lane_s_square_metres_by_what_became_of_them() -> None:
    held = fault(300, 310, None, 1, Cause.HELD, "held: blurred")
    areas = accounts([fault(100, 120), unseen(200, 205, 1), held])[0].areas(0, 1e6)
    assert areas == Areas(*map(pytest.approx, (197, 4, 1, 2, 3.8)))


def test_web_that_is_bad_and_was_not_inspected_counts_once() -> None:
    areas = accounts([fault(100, 120), unseen(110, 130, 1)])[0].areas(0, 1e6)
    assert (areas.rejected_m2, areas.not_inspected_m2) == (pytest.approx(2), pytest.approx(4))


def test_a_lane_that_nobody_measured_has_no_area() -> None:
    lane = accounts([fault(100, 120, lane=9)], RollExtent(0, 1e6, ()))[0]
    assert (lane.width_mm, lane.areas(0, 1e6)) == (None, Areas())


@given(fault_lists)
def test_inspected_and_not_inspected_and_held_add_up_to_length_times_width(faults) -> None:
    for lane in accounts(faults):
        areas = lane.areas(0, 1e6)
        assert areas.inspected_m2 + areas.not_inspected_m2 + areas.held_m2 == pytest.approx(200)
        assert -1e-9 <= areas.avoidable_m2 <= areas.rejected_m2 + 1e-9
        assert -1e-9 <= areas.rejected_m2 <= areas.inspected_m2 + 1e-9


@given(fault_lists, st.lists(st.integers(1, 999), max_size=5, unique=True))
def test_pieces_of_a_roll_add_up_to_the_roll(faults, places) -> None:
    ends = [0, *sorted(places), 1000]
    for lane in accounts(faults):
        pieces = [lane.areas(start * 1e3, end * 1e3) for start, end in pairwise(ends)]
        total = sum(pieces, Areas())
        assert vars(total) == pytest.approx(vars(lane.areas(0, 1e6)))


def test_a_streak_could_have_been_stopped_a_metre_after_its_onset() -> None:
    streak = fault(100, 180, Severity.MAJOR, why="major streak")
    (one,) = avoidable([streak, fault(300, 300.9)], ROLL, USUAL)
    assert (one.lane, one.why, one.from_mm, one.to_mm, one.m2) == (
        1,
        "major streak",
        101_000,
        180_000,
        pytest.approx(79 * 0.2),
    )


def test_what_went_on_beside_each_other_is_saved_once() -> None:
    repeat = fault(110, 190, Severity.MAJOR, 1, Cause.REPEAT, "repeat every 628 mm")
    both = avoidable([fault(100, 180), repeat], ROLL, USUAL)
    assert [each.from_mm for each in both] == [101_000, 111_000]
    areas = accounts([fault(100, 180), repeat])[0].areas(0, 1e6)
    assert (areas.avoidable_m2, areas.rejected_m2) == (pytest.approx(89 * 0.2), pytest.approx(90 * 0.2))


def test_what_could_not_be_acted_on_or_is_left_in_saves_nothing() -> None:
    dense = fault(100, 200, Severity.CRITICAL, 1, Cause.DENSITY)
    slight = fault(100, 200, Severity.MINOR)
    assert avoidable([dense, slight, fault(5, 6), unseen(300, 400)], ROLL, USUAL) == []
