"""The hand-over: every step can be undone, lengths are kept, and the next machine meets what the coater saw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webs_by_hand import ROLL, STRIPS, wrinkle

from inspection.roll.cuts import Cut
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause
from inspection.roll.handover import LaneRoll, Mark, Rewinding, lane_roll
from inspection.roll.roll_verdict import LaneVerdict
from inspection.roll.transforms import Line, Transform, head_cut, rewound, slit, stretched, turned_round
from inspection.verdict import Verdict

mm = st.floats(-1e6, 1e6)
lines = st.builds(Line, st.sampled_from([1.0, -1.0, 0.997, 1.003]), mm)
steps = st.builds(Transform, lines, lines)
isometries = st.one_of(
    st.builds(head_cut, mm), st.builds(rewound, mm), st.builds(slit, mm), st.builds(turned_round, mm)
)


def near(place: float) -> object:
    return pytest.approx(place, abs=1e-6)


@given(steps, mm)
def test_every_step_can_be_undone(step, place) -> None:
    there_and_back = step.then(step.back())
    for line in (there_and_back.along, there_and_back.across):
        assert line.of(place) == near(place)


@given(steps, steps, mm)
def test_two_steps_joined_are_one_after_the_other(first, second, place) -> None:
    assert first.then(second).along.of(place) == near(second.along.of(first.along.of(place)))


@given(isometries, mm, mm)
def test_cutting_rewinding_and_slitting_keep_lengths(step, start, end) -> None:
    for line in (step.along, step.across):
        left, right = line.of_stretch((min(start, end), max(start, end)))
        assert right - left == near(abs(end - start))


@given(st.floats(0, 1e6), mm)
def test_rewound_twice_is_as_before_and_so_is_turned_round_twice(length, place) -> None:
    assert rewound(length).then(rewound(length)).along.of(place) == near(place)
    assert turned_round(length).then(turned_round(length)).across.of(place) == near(place)


def test_the_other_machine_s_measure_stretches_lengths() -> None:
    assert stretched(1.002).along.of_stretch((100.0, 200.0)) == pytest.approx((100.2, 200.4))


CUT = Cut(2, 100_000.0, 101_000.0, ("critical bare_spot",), (Cause.DEFECT,))
HOLE = wrinkle(100_500.0, 100_501.0, 450.0, 452.0, 2)
"""10 mm from lane 2's edge on the operator side, which lies at 440 mm."""
JUDGED = LaneVerdict(2, Verdict.WARN, ("critical bare_spot",), 1e6, 1000.0, 0.0)


def handed(rewinding: Rewinding, extent: RollExtent = ROLL, cuts=(CUT,)) -> LaneRoll:
    return lane_roll(JUDGED, cuts, [HOLE], extent, rewinding)


def test_a_lane_slit_as_it_is_counts_from_its_own_edge() -> None:
    assert handed(Rewinding()) == LaneRoll(
        lane=2,
        verdict=Verdict.WARN,
        length_m=1000.0,
        width_mm=200.0,
        cuts=(Mark(100.0, 101.0, 0.0, 200.0, ("critical bare_spot",)),),
        defects=(Mark(100.5, 100.501, 10.0, 12.0, ("major wrinkle",)),),
    )


def test_head_and_tail_that_are_cut_off_shift_and_shorten_the_lane() -> None:
    lane = handed(Rewinding(head_cut_mm=20_000, tail_cut_mm=30_000))
    assert (lane.length_m, lane.cuts[0].from_m, lane.defects[0].from_m) == (950.0, 80.0, 80.5)


def test_a_rewound_lane_counts_from_the_other_end_of_what_is_left() -> None:
    lane = handed(Rewinding(head_cut_mm=20_000, tail_cut_mm=30_000, reverse=True))
    assert (lane.cuts[0].from_m, lane.cuts[0].to_m) == (869.0, 870.0)
    assert (lane.cuts[0].left_mm, lane.defects[0].left_mm) == (0.0, 10.0)


def test_a_roll_turned_round_counts_from_the_lane_s_other_edge() -> None:
    lane = handed(Rewinding(turn_round=True))
    assert (lane.defects[0].left_mm, lane.defects[0].right_mm) == (188.0, 190.0)
    assert lane.cuts[0].from_m == 100.0


def test_the_next_machine_s_measure_stretches_positions_and_length() -> None:
    lane = handed(Rewinding(stretch=1.001))
    assert (lane.length_m, lane.cuts[0].from_m) == (1001.0, 100.1)


def test_what_was_cut_off_is_no_longer_told_and_what_it_cut_through_is_shortened() -> None:
    assert handed(Rewinding(head_cut_mm=101_000)).cuts == ()
    half = handed(Rewinding(head_cut_mm=100_500)).cuts
    assert [(mark.from_m, mark.to_m) for mark in half] == [(0.0, 0.5)]
    assert handed(Rewinding(tail_cut_mm=899_500)).cuts[0].to_m == 100.5
    nothing = handed(Rewinding(head_cut_mm=600_000, tail_cut_mm=600_000))
    assert (nothing.length_m, nothing.cuts, nothing.defects) == (0.0, (), ())


def test_a_roll_whose_encoder_began_elsewhere_counts_from_its_first_web() -> None:
    lane = handed(Rewinding(), RollExtent(99_000.0, 200_000.0, STRIPS))
    assert (lane.length_m, lane.cuts[0].from_m) == (101.0, 1.0)


def test_a_lane_that_nobody_measured_is_handed_over_without_places_across() -> None:
    lane = handed(Rewinding(turn_round=True), RollExtent(0, 1e6, ()))
    assert (lane.width_mm, lane.cuts[0].left_mm, lane.defects[0].right_mm) == (None, None, None)


@pytest.mark.parametrize(
    ("rewinding", "told"),
    [
        (Rewinding(), "the coated start"),
        (Rewinding(head_cut_mm=2500, tail_cut_mm=1000), "the coated start without 2.5 m cut off"),
        (Rewinding(head_cut_mm=2500, tail_cut_mm=1000, reverse=True), "the coated end without 1 m cut off"),
    ],
)
def test_it_says_where_it_counts_from(rewinding, told) -> None:
    assert rewinding.counted_from() == told


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), max_size=8),
    st.integers(0, 400),
    st.integers(0, 400),
    st.booleans(),
)
def test_lengths_to_cut_add_up_however_the_roll_is_wound(pieces, head, tail, reverse) -> None:
    cuts = [Cut(2, at * 1e3, (at + long) * 1e3, ("why",), (Cause.DEFECT,)) for at, long in pieces]
    lane = handed(Rewinding(head * 1e3, tail * 1e3, reverse=reverse), cuts=cuts)
    inside = [min(at + long, 1000 - tail) - max(at, head) for at, long in pieces]
    assert sum(mark.to_m - mark.from_m for mark in lane.cuts) == near(sum(max(each, 0) for each in inside))
    assert all(0 <= mark.from_m < mark.to_m <= lane.length_m == 1000 - head - tail for mark in lane.cuts)
