"""Lane faults: each stretch out of tolerance, where it is, and nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspection.defect import Severity
from inspection.roll.fault import Cause, Fault
from inspection.roll.lane_faults import lane_faults
from inspection.roll.lane_series import LaneId, LaneSeries, Series, gap_series
from inspection.roll.lanes import LaneSettings, LengthTolerance, PlannedLane, Tolerance, WaveLimit
from inspection.roll.patches import Intervals, LanePatches

PLAN = (PlannedLane(10, 100), PlannedLane(110, 200))


def series(values, metres=None):
    values = np.array(values, float)
    return Series(np.arange(len(values)) if metres is None else np.array(metres), values, values, values)


def lane(number, left, right, wave=0.01, metres=None, camera=""):
    left, right = np.array(left, float), np.array(right, float)
    waves = series(np.full(len(left), wave), metres)
    return LaneSeries(
        LaneId("top", camera, number),
        {
            "left_mm": series(left, metres),
            "right_mm": series(right, metres),
            "width_mm": series(right - left, metres),
            "left_wave_mm": waves,
            "right_wave_mm": waves,
        },
    )


def faults(*lanes, patches=(), **settings):
    return lane_faults(lanes, list(gap_series(lanes)), patches, LaneSettings(**{"plan": PLAN} | settings))


def test_a_stretch_too_wide_is_told_once_with_its_worst_value() -> None:
    found = faults(
        lane(1, [10] * 8, [100, 100, 100.6, 100.9, 100.7, 100, 100.8, 100]), width=Tolerance(0.5, Severity.CRITICAL)
    )
    assert found == [
        Fault(Cause.LANE, 1, 2000, 5000, Severity.CRITICAL, "width 90.90 mm, expected 90 +- 0.5 mm"),
        Fault(Cause.LANE, 1, 6000, 7000, Severity.CRITICAL, "width 90.80 mm, expected 90 +- 0.5 mm"),
    ]


def test_a_stretch_ends_where_a_metre_was_not_measured() -> None:
    found = faults(lane(1, [10] * 4, [98] * 4, metres=[3, 4, 8, 9]), width=Tolerance(0.5))
    assert [(each.from_mm, each.to_mm) for each in found] == [(3000, 5000), (8000, 10000)]


def test_one_frame_out_of_tolerance_is_enough() -> None:
    one = lane(1, [10, 10], [100, 100])
    one.measures["left_mm"] = Series(np.arange(2), np.full(2, 10.0), np.array([9.9, 9.2]), np.full(2, 10.1))
    (found,) = faults(one, position=Tolerance(0.5))
    assert (found.from_mm, found.to_mm) == (1000, 2000)
    assert found.why == "left edge at 9.20 mm, expected 10 +- 0.5 mm"


def test_a_gap_belongs_to_both_lanes_beside_it() -> None:
    found = faults(lane(1, [10], [101]), lane(2, [110], [200]), gap=Tolerance(0.5))
    assert [(each.lane, each.why) for each in found] == [
        (1, "gap to lane 2 9.00 mm, expected 10 +- 0.5 mm"),
        (2, "gap to lane 1 9.00 mm, expected 10 +- 0.5 mm"),
    ]


def test_a_wavy_edge_is_told_with_its_side_and_needs_no_plan() -> None:
    found = faults(lane(2, [10], [100], wave=0.08, camera="cam-2"), plan=(), waviness=WaveLimit(0.05))
    assert [each.why for each in found] == [
        f"cam-2: {side} edge wavy by 0.080 mm rms > 0.05 mm" for side in ("left", "right")
    ]


def test_a_lane_that_nobody_planned_is_a_fault() -> None:
    found = faults(lane(3, [300], [320]), off_plan=Severity.CRITICAL)
    assert {(each.lane, each.severity, each.from_mm, each.to_mm) for each in found} == {(3, Severity.CRITICAL, 0, 1000)}
    assert all("not planned" in each.why for each in found)


def test_a_patch_or_a_skip_of_the_wrong_length_is_told_where_it_lies() -> None:
    lengths = LanePatches(
        LaneId("top", "", 1),
        Intervals(np.array([0.0, 76.0, 152.0]), np.array([62.0, 138.7, 214.0])),
        Intervals(np.array([62.0, 138.7]), np.array([76.0, 152.0])),
    )
    settings = {"patch": LengthTolerance(62, 0.5), "skip": LengthTolerance(14, 0.5, Severity.MINOR)}
    patch, skip = faults(patches=[lengths], **settings)
    assert (patch.from_mm, patch.to_mm, patch.why) == (76, 138.7, "patch 62.70 mm long, expected 62 +- 0.5 mm")
    assert (skip.from_mm, skip.to_mm, skip.severity) == (138.7, 152, Severity.MINOR)


def test_what_the_recipe_has_no_tolerance_for_is_no_fault() -> None:
    assert faults(lane(1, [0], [1], wave=9), lane(2, [2], [500], wave=9)) == []


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=60), st.floats(0, 1))
def test_every_metre_out_of_tolerance_is_in_one_fault_and_no_other_is(apart, tolerance) -> None:
    found = faults(lane(1, [10] * len(apart), 100 + np.array(apart)), width=Tolerance(tolerance))
    told = [metre for each in found for metre in range(int(each.from_mm // 1000), int(each.to_mm // 1000))]
    widths = (100 + np.array(apart)) - 10
    assert told == np.flatnonzero(np.abs(widths - 90) > tolerance).tolist()


def test_the_other_face_is_named() -> None:
    one = lane(1, [10], [98])
    (found,) = faults(LaneSeries(LaneId("bottom", "", 1), one.measures), width=Tolerance(0.5))
    assert found.why.startswith("bottom side: width 88.00 mm")
