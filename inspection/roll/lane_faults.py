"""Lane faults: stretches in which a lane is out of the recipe's tolerance.

In:  series and patches of all lanes, the recipe's tolerances.
Out: faults, which judge and cut the roll; severities are the recipe's.

A metre is out of tolerance when any frame in it is: what one frame shows is measured far finer than any tolerance.
A gap belongs to both lanes beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.defect import Severity
from inspection.roll.fault import Cause, Fault
from inspection.roll.lane_series import GapSeries, LaneId, LaneSeries, Series
from inspection.roll.lanes import LaneSettings, LengthTolerance
from inspection.roll.patches import Intervals, LanePatches

_MM_PER_M = 1000.0


@dataclass(frozen=True)
class OutOfTolerance:
    """A stretch in which one measure of a lane is out of tolerance.

    Attributes
    ----------
    lane : LaneId
    measure : str
        One of `LANE_MEASURES`; gap_mm is to the next lane, gap_before_mm the same one told of the next lane; patch_mm,
        skip_mm; off_plan of a lane that is not planned.
    fault : Fault
    """

    lane: LaneId
    measure: str
    fault: Fault


def lane_faults(
    lanes: Sequence[LaneSeries], gaps: Sequence[GapSeries], patches: Sequence[LanePatches], settings: LaneSettings
) -> list[Fault]:
    """List where lanes are out of tolerance, along the web.

    Parameters
    ----------
    lanes : sequence of LaneSeries
    gaps : sequence of GapSeries
    patches : sequence of LanePatches
    settings : LaneSettings
    """
    found = (each.fault for each in out_of_tolerance(lanes, gaps, patches, settings))
    return sorted(found, key=lambda fault: (fault.from_mm, fault.lane or 0, fault.why))


def out_of_tolerance(
    lanes: Sequence[LaneSeries], gaps: Sequence[GapSeries], patches: Sequence[LanePatches], settings: LaneSettings
) -> Iterator[OutOfTolerance]:
    """Walk what `lane_faults` lists, each with the measure that it is of; lane by lane."""
    for lane in lanes:
        yield from _edges(lane, settings)
        yield from _waves(lane, settings)
        yield from _off_plan(lane, settings)
    for gap in gaps:
        yield from _gap(gap, settings)
    for of_lane in patches:
        yield from _lengths(of_lane, settings)


def _edges(lane: LaneSeries, settings: LaneSettings) -> Iterator[OutOfTolerance]:
    planned = settings.planned(lane.lane.lane)
    if planned is None:
        return
    left, right = planned
    for name, nominal, tolerance in (
        ("width_mm", right - left, settings.width),
        ("left_mm", left, settings.position),
        ("right_mm", right, settings.position),
    ):
        if tolerance.mm is not None:
            what = "width" if name == "width_mm" else f"{name[:-3]} edge at"
            faults = _outside(lane.lane, what, lane.measures[name], nominal, tolerance.mm, tolerance.severity)
            yield from _of(lane.lane, name, faults)


def _waves(lane: LaneSeries, settings: LaneSettings) -> Iterator[OutOfTolerance]:
    limit = settings.waviness
    if limit.largest_mm is None:
        return
    for side in ("left", "right"):
        series = lane.measures[f"{side}_wave_mm"]
        for stretch in _stretches(series, series.high > limit.largest_mm):
            why = f"{side} edge wavy by {series.high[stretch].max():.3f} mm rms > {limit.largest_mm:g} mm"
            yield OutOfTolerance(lane.lane, f"{side}_wave_mm", _fault(lane.lane, series, stretch, limit.severity, why))


def _off_plan(lane: LaneSeries, settings: LaneSettings) -> Iterator[OutOfTolerance]:
    if not settings.plan or settings.planned(lane.lane.lane):
        return
    for name in ("left_mm", "right_mm"):
        series = lane.measures[name]
        for stretch in _stretches(series, np.ones(len(series.metres), bool)):
            why = f"a lane that is not planned, {name[:-3]} edge at {series.mean[stretch].mean():.2f} mm"
            yield OutOfTolerance(lane.lane, "off_plan", _fault(lane.lane, series, stretch, settings.off_plan, why))


def _gap(gap: GapSeries, settings: LaneSettings) -> Iterator[OutOfTolerance]:
    nominal, tolerance = settings.planned_gap_mm(gap.left.lane), settings.gap
    if nominal is None or tolerance.mm is None:
        return
    for lane, other, name in ((gap.left, gap.right, "gap_mm"), (gap.right, gap.left, "gap_before_mm")):
        faults = _outside(lane, f"gap to lane {other.lane}", gap.series, nominal, tolerance.mm, tolerance.severity)
        yield from _of(lane, name, faults)


def _lengths(lane: LanePatches, settings: LaneSettings) -> Iterator[OutOfTolerance]:
    yield from _of(lane.lane, "patch_mm", _out_of_length(lane.lane, "patch", lane.patches, settings.patch))
    yield from _of(lane.lane, "skip_mm", _out_of_length(lane.lane, "skip", lane.skips, settings.skip))


def _of(lane: LaneId, measure: str, faults: Iterator[Fault]) -> Iterator[OutOfTolerance]:
    return (OutOfTolerance(lane, measure, fault) for fault in faults)


def _out_of_length(lane: LaneId, what: str, intervals: Intervals, wanted: LengthTolerance) -> Iterator[Fault]:
    if wanted.length_mm is None or wanted.tolerance_mm is None:
        return
    lengths = intervals.to_mm - intervals.from_mm
    for place in np.flatnonzero(np.abs(lengths - wanted.length_mm) > wanted.tolerance_mm).tolist():
        expected = _range(wanted.length_mm, wanted.tolerance_mm)
        why = f"{_told(lane)}{what} {lengths[place]:.2f} mm long, expected {expected}"
        begin, end = float(intervals.from_mm[place]), float(intervals.to_mm[place])
        yield Fault(Cause.LANE, lane.lane, begin, end, wanted.severity, why)


def _outside(
    lane: LaneId, what: str, series: Series, nominal: float, tolerance: float, severity: Severity
) -> Iterator[Fault]:
    apart = np.maximum(series.high - nominal, nominal - series.low)
    for stretch in _stretches(series, apart > tolerance):
        worst = stretch.start + int(apart[stretch].argmax())
        low, high = float(series.low[worst]), float(series.high[worst])
        value = high if high - nominal >= nominal - low else low
        why = f"{what} {value:.2f} mm, expected {_range(nominal, tolerance)}"
        yield _fault(lane, series, stretch, severity, why)


def _range(nominal: float, tolerance: float) -> str:
    return f"{nominal:g} +- {tolerance:g} mm"


def _fault(lane: LaneId, series: Series, stretch: slice, severity: Severity, why: str) -> Fault:
    metres = series.metres[stretch]
    begin, end = float(metres[0]) * _MM_PER_M, float(metres[-1] + 1) * _MM_PER_M
    return Fault(Cause.LANE, lane.lane, begin, end, severity, _told(lane) + why)


def _told(lane: LaneId) -> str:
    """Whose lane it is, where no plan makes its number the web's, and on which face unless it is the usual one."""
    told = [lane.camera_id] if lane.camera_id else []
    told += [f"{lane.side} side"] if lane.side != "top" else []
    return f"{', '.join(told)}: " if told else ""


def _stretches(series: Series, bad: NDArray[np.bool_]) -> Iterator[slice]:
    """Runs of bad metres that follow each other."""
    places = np.flatnonzero(bad)
    if not len(places):
        return
    new = np.flatnonzero((np.diff(places) > 1) | (np.diff(series.metres[places]) > 1)) + 1
    for run in np.split(places, new):
        yield slice(int(run[0]), int(run[-1]) + 1)
