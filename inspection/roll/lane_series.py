"""Lane series: what was measured of each lane, by metre of the roll.

In:  sums by metre and lane, as they add up whatever the order in which frames came.
Out: series of widths, edge positions, waviness, and gaps between neighbouring lanes.

A lane that one camera sees whole has a width of its own in every frame. Of a lane that two cameras share, neither
sees it: its width by metre is the right edge of one less the left edge of the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.record import LaneExtent

LANE_MEASURES: Final = ("left_mm", "right_mm", "width_mm", "left_wave_mm", "right_wave_mm")
"""What is measured of a lane in each frame."""

SUMS: Final = ("n", "sum", "squares", "low", "high")
"""What is kept of each measure by metre."""

_N, _SUM, _, _LOW, _HIGH = range(5)


@dataclass(frozen=True, order=True)
class LaneId:
    """Which lane.

    Attributes
    ----------
    side : str
        Face of the web.
    camera_id : str
        Empty where a plan numbers lanes over the whole web; else numbers are that camera's own.
    lane : int
        From 1 at the operator side.
    """

    side: str
    camera_id: str
    lane: int


@dataclass(frozen=True, eq=False)
class LaneSums:
    """Sums of one lane by metre; see the table `lane_metres`.

    Attributes
    ----------
    lane : LaneId
    metres : ndarray of shape (metres,), int64
        In order.
    seen_mm2 : ndarray of shape (metres,), float64
        Coating that was looked at.
    sums : ndarray of shape (metres, measures, 5), float64
        `SUMS` of each of `LANE_MEASURES`; low and high are NaN where n is 0.
    """

    lane: LaneId
    metres: NDArray[np.int64]
    seen_mm2: NDArray[np.float64]
    sums: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """One measure along the roll, where it was measured.

    Attributes
    ----------
    metres : ndarray of shape (metres,), int64
        In order.
    mean, low, high : ndarray of shape (metres,), float64
        Over the frames of each metre.
    """

    metres: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def thinned(self, per_m: int) -> "Series":
        """The same in bins of several metres: mean of their means, least and largest value."""
        bins, begin = np.unique(self.metres // per_m, return_index=True)
        if not len(bins):
            return self
        counts = np.diff(begin, append=len(self.metres))
        return Series(
            bins * per_m,
            np.add.reduceat(self.mean, begin) / counts,
            np.minimum.reduceat(self.low, begin),
            np.maximum.reduceat(self.high, begin),
        )


@dataclass(frozen=True, eq=False)
class LaneSeries:
    """Everything measured of one lane.

    Attributes
    ----------
    lane : LaneId
    measures : dict of str to Series
        By the names of `LANE_MEASURES`.
    """

    lane: LaneId
    measures: dict[str, Series]


@dataclass(frozen=True, eq=False)
class GapSeries:
    """Bare foil between a lane and the next one."""

    left: LaneId
    right: LaneId
    series: Series


def measured_of(lane: LaneExtent) -> tuple[float | None, ...]:
    """What one frame tells of a lane, in the order of `LANE_MEASURES`; None where that was not measured."""
    return (
        lane.left_mm if lane.left_in_sight else None,
        lane.right_mm if lane.right_in_sight else None,
        lane.width_mm,
        lane.left_wave_mm,
        lane.right_wave_mm,
    )


def together(seen: Sequence[LaneSums]) -> LaneSums:
    """Add up what several cameras saw of one lane."""
    if len(seen) == 1:
        return seen[0]
    metres = np.concatenate([each.metres for each in seen])
    order = np.argsort(metres, kind="stable")
    kept, begin = np.unique(metres[order], return_index=True)
    sums = np.concatenate([each.sums for each in seen])[order]
    added = np.add.reduceat(sums, begin)
    # What one camera has not measured is NaN, and no reason to forget the other's.
    added[..., _LOW] = np.fmin.reduceat(sums[..., _LOW], begin)
    added[..., _HIGH] = np.fmax.reduceat(sums[..., _HIGH], begin)
    seen_mm2 = np.concatenate([each.seen_mm2 for each in seen])[order]
    return LaneSums(seen[0].lane, kept, np.add.reduceat(seen_mm2, begin), added)


def lane_series(sums: LaneSums) -> LaneSeries:
    """Take the means of one lane."""
    measures = {name: _series(sums.metres, sums.sums[:, place]) for place, name in enumerate(LANE_MEASURES)}
    measures["width_mm"] = _completed(measures["width_mm"], _between(measures["left_mm"], measures["right_mm"]))
    return LaneSeries(sums.lane, measures)


def gap_series(lanes: Sequence[LaneSeries]) -> Iterator[GapSeries]:
    """Gaps between lanes whose numbers follow each other on the same face of the web."""
    known = {each.lane: each.measures for each in lanes}
    for lane in known:
        following = replace(lane, lane=lane.lane + 1)
        if following in known:
            gap = _between(known[lane]["right_mm"], known[following]["left_mm"])
            yield GapSeries(lane, following, gap)


def _series(metres: NDArray[np.int64], sums: NDArray[np.float64]) -> Series:
    there = sums[:, _N] > 0
    kept = sums[there]
    return Series(metres[there], kept[:, _SUM] / kept[:, _N], kept[:, _LOW], kept[:, _HIGH])


def _between(left: Series, right: Series) -> Series:
    """How far apart two edges are, by metre: only of means, the two may come from different frames."""
    metres, at_left, at_right = np.intersect1d(left.metres, right.metres, assume_unique=True, return_indices=True)
    apart = right.mean[at_right] - left.mean[at_left]
    return Series(metres, apart, apart, apart)


def _completed(whole: Series, shared: Series) -> Series:
    """A series with the metres of another where it has none."""
    missing = ~np.isin(shared.metres, whole.metres)
    metres = np.concatenate([whole.metres, shared.metres[missing]])
    order = np.argsort(metres)

    def both(name: str) -> NDArray[np.float64]:
        columns: NDArray[np.float64] = np.concatenate([getattr(whole, name), getattr(shared, name)[missing]])
        return columns[order]

    return Series(metres[order], both("mean"), both("low"), both("high"))
