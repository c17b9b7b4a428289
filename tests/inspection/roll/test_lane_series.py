"""Lane series: means by metre, gaps, and lanes that cameras share."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspection.roll.lane_series import LANE_MEASURES, LaneId, LaneSums, Series, gap_series, lane_series, together

LANE = LaneId("top", "", 1)


def sums_of(lane, frames):
    """Sums of frames, each its metre and the values of `LANE_MEASURES`; NaN is not measured."""
    metres = sorted({metre for metre, _ in frames})
    sums = np.zeros((len(metres), len(LANE_MEASURES), 5))
    sums[..., 3:] = np.nan
    for metre, values in frames:
        for place, value in enumerate(values):
            if np.isfinite(value):
                row = sums[metres.index(metre), place]
                row[:3] += (1, value, value * value)
                row[3:] = np.fmin(row[3], value), np.fmax(row[4], value)
    return LaneSums(lane, np.array(metres), np.ones(len(metres)), sums)


def test_a_metre_is_the_mean_of_its_frames_with_their_least_and_largest_value() -> None:
    frames = [(3, (10.0, 30.0, 20.0, 0.1, np.nan)), (3, (10.2, 30.0, 19.8, 0.3, np.nan)), (5, (9.0, 30, 21, 0.1, 0.2))]
    measures = lane_series(sums_of(LANE, frames)).measures
    left = measures["left_mm"]
    assert left.metres.tolist() == [3, 5]
    np.testing.assert_allclose((left.mean, left.low, left.high), ([10.1, 9], [10, 9], [10.2, 9]))
    assert measures["right_wave_mm"].metres.tolist() == [5]


def test_a_lane_that_two_cameras_share_has_the_left_edge_of_one_and_the_right_of_the_other() -> None:
    nan = np.nan
    one = sums_of(
        LANE, [(0, (10.0, nan, nan, 0.1, nan)), (1, (10.1, nan, nan, 0.1, nan)), (2, (10.2, nan, nan, 0.1, nan))]
    )
    other = sums_of(
        LANE, [(1, (nan, 310.0, nan, nan, 0.2)), (2, (nan, 310.4, nan, nan, 0.2)), (3, (nan, 311, nan, nan, 1))]
    )
    shared = together([one, other])
    measures = lane_series(shared).measures
    assert shared.seen_mm2.tolist() == [1, 2, 2, 1]
    assert measures["width_mm"].metres.tolist() == [1, 2]
    np.testing.assert_allclose(measures["width_mm"].mean, [299.9, 300.2])
    assert measures["left_mm"].metres.tolist() == [0, 1, 2]
    assert measures["right_mm"].metres.tolist() == [1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-5, 5), st.booleans()), min_size=1, max_size=30))
def test_what_two_cameras_measured_of_one_edge_adds_up_as_if_one_had(frames) -> None:
    told = [(metre, (value,) * 5, first) for metre, value, first in frames]
    parts = [[(m, v) for m, v, first in told if first is side] for side in (True, False)]
    added = together([sums_of(LANE, part) for part in parts if part])
    whole = sums_of(LANE, [(m, v) for m, v, _ in told])
    assert added.metres.tolist() == whole.metres.tolist()
    np.testing.assert_allclose(added.sums, whole.sums, atol=1e-12)


def test_gaps_lie_between_lanes_whose_numbers_follow_each_other_on_one_face() -> None:
    def lane(number, left, right, side="top"):
        return lane_series(sums_of(LaneId(side, "", number), [(7, (left, right, right - left, 0, 0))]))

    lanes = [lane(2, 105, 190), lane(1, 10, 98.5), lane(4, 300, 400), lane(3, 200, 290, "bottom")]
    (gap,) = gap_series(lanes)
    assert (gap.left.lane, gap.right.lane, gap.series.mean.tolist()) == (1, 2, [6.5])


@given(
    st.lists(st.tuples(st.integers(-50, 400), st.floats(-9, 9)), min_size=1, unique_by=lambda each: each[0]),
    st.integers(1, 60),
)
def test_thinning_keeps_the_extremes_and_every_metre_s_share(points, per_m) -> None:
    metres, values = (np.array(column) for column in zip(*sorted(points), strict=True))
    series = Series(metres, values, values - 1, values + 1)
    thin = series.thinned(per_m)
    assert (thin.metres % per_m == 0).all()
    assert (thin.low.min(), thin.high.max()) == (series.low.min(), series.high.max())
    for start, mean in zip(thin.metres, thin.mean, strict=True):
        inside = (metres >= start) & (metres < start + per_m)
        np.testing.assert_allclose(mean, values[inside].mean(), atol=1e-12)


def test_nothing_stays_nothing() -> None:
    empty = Series(np.empty(0, np.int64), *[np.empty(0)] * 3)
    assert len(empty.thinned(10).metres) == 0
