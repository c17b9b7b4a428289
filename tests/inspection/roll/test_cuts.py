"""The cut list: every severe fault is in it, cuts never touch, and what is left is worth keeping."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webs_by_hand import ROLL, fault, fault_lists, unseen

from inspection.defect import Severity
from inspection.roll.cuts import Cut, cut_list
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause, Fault
from inspection.roll.roll_settings import RollSettings

USUAL = RollSettings()
settings = st.builds(
    RollSettings,
    cut_from=st.sampled_from(Severity),
    margin_mm=st.sampled_from([0.0, 100.0, 3000.0]),
    join_mm=st.sampled_from([0.0, 1000.0, 9000.0]),
    shortest_piece_mm=st.sampled_from([0.0, 5000.0, 60_000.0]),
)


def metres(cuts: list[Cut]) -> list[tuple[int | None, float, float]]:
    return [(cut.lane, round(cut.from_mm / 1e3, 3), round(cut.to_mm / 1e3, 3)) for cut in cuts]


def test_a_fault_is_cut_out_of_its_own_lane_with_a_margin() -> None:
    cuts = cut_list([fault(100, 100.002, lane=2)], ROLL, USUAL)
    assert metres(cuts) == [(2, 99.9, 100.102)]
    assert (cuts[0].why, cuts[0].causes) == (("critical bare_spot",), (Cause.DEFECT,))


def test_a_fault_of_the_whole_width_is_cut_out_of_every_lane() -> None:
    splice = fault(50, 50.05, None, None, Cause.SPLICE, "splice")
    assert [cut.lane for cut in cut_list([splice], ROLL, USUAL)] == [1, 2, 3]


def test_cuts_close_to_each_other_are_one_with_all_reasons_the_worst_first() -> None:
    near = [fault(100, 100.1, Severity.MAJOR, why="major streak"), fault(101, 101.1), unseen(102, 102.1)]
    cuts = [cut for cut in cut_list(near, ROLL, USUAL) if cut.lane == 1]
    assert metres(cuts) == [(1, 99.9, 102.2)]
    assert cuts[0].why == ("not inspected: missing", "critical bare_spot", "major streak")
    assert cuts[0].causes == (Cause.DEFECT, Cause.NOT_INSPECTED)


def test_pieces_too_short_to_keep_go_with_the_cut_beside_them() -> None:
    cuts = cut_list([fault(3, 3.1), fault(100, 100.1), fault(104, 104.1), fault(996, 996.1)], ROLL, USUAL)
    assert metres(cuts) == [(1, 0, 3.2), (1, 99.9, 104.2), (1, 995.9, 1000)]
    assert all(cut.why == ("critical bare_spot", "too short to keep") for cut in cuts)


def test_minor_faults_are_left_in_unless_the_recipe_cuts_them_out() -> None:
    minor = [fault(100, 101, Severity.MINOR)]
    assert cut_list(minor, ROLL, USUAL) == []
    assert len(cut_list(minor, ROLL, RollSettings(cut_from=Severity.MINOR))) == 1


def test_where_no_lane_was_found_the_whole_width_is_cut() -> None:
    cuts = cut_list([unseen(10, 20)], RollExtent(0, 1e6, ()), USUAL)
    assert metres(cuts) == [(None, 9.9, 20.1)]


def test_a_lane_that_was_never_measured_is_cut_all_the_same() -> None:
    assert [cut.lane for cut in cut_list([fault(10, 11, lane=7)], ROLL, USUAL)] == [7]


@given(fault_lists, settings)
def test_every_fault_that_is_cut_out_lies_whole_in_one_cut_of_each_of_its_lanes(faults, settings) -> None:
    cuts = cut_list(faults, ROLL, settings)
    for each in filter(settings.is_cut_out, faults):
        for lane in (1, 2, 3) if each.lane is None else (each.lane,):
            around = [c for c in cuts if c.lane == lane and c.from_mm <= each.from_mm and each.to_mm <= c.to_mm]
            assert len(around) == 1
            assert each.why in around[0].why
            assert each.cause in around[0].causes


@given(fault_lists, settings)
def test_cuts_never_touch_and_what_is_left_between_them_is_long_enough(faults, settings) -> None:
    least = max(settings.join_mm, settings.shortest_piece_mm)
    for _, of_lane in groupby(cut_list(faults, ROLL, settings), key=lambda cut: cut.lane):
        cuts = list(of_lane)
        assert all(0 <= cut.from_mm <= cut.to_mm <= ROLL.to_mm for cut in cuts)
        assert all(other.from_mm > one.to_mm for one, other in pairwise(cuts))
        assert all(other.from_mm - one.to_mm >= least for one, other in pairwise(cuts))
        ends = cuts[0].from_mm, ROLL.to_mm - cuts[-1].to_mm
        assert all(end == 0 or end >= settings.shortest_piece_mm for end in ends)


@given(fault_lists, settings, st.randoms(use_true_random=False))
def test_the_cut_list_is_a_function_of_the_set_of_faults(faults, settings, random) -> None:
    shuffled = faults + faults[:3]
    random.shuffle(shuffled)
    assert cut_list(shuffled, ROLL, settings) == cut_list(faults, ROLL, settings)


@given(fault_lists, settings)
def test_what_was_cut_needs_no_further_cut(faults, settings) -> None:
    cuts = cut_list(faults, ROLL, settings)
    again = [Fault(Cause.DEFECT, cut.lane, cut.from_mm, cut.to_mm, Severity.CRITICAL, "cut") for cut in cuts]
    no_margin = RollSettings(settings.cut_from, 0.0, settings.join_mm, settings.shortest_piece_mm)
    assert metres(cut_list(again, ROLL, no_margin)) == metres(cuts)


@pytest.mark.parametrize("settings", [USUAL, RollSettings(cut_from=Severity.MINOR, margin_mm=0)])
def test_a_clean_roll_has_no_cuts(settings) -> None:
    assert cut_list([], ROLL, settings) == []
