"""The lanes of a roll: capability, charts, series by metre, and where a lane is out of tolerance."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inspection.roll.capability import Capability, Limits, capability
from inspection.roll.control_charts import Chart, DensityChart, density_chart, individuals_chart
from inspection.roll.fault import Fault
from inspection.roll.lane_faults import lane_faults
from inspection.roll.lane_series import GapSeries, LaneId, LaneSeries, LaneSums, Series, gap_series, lane_series
from inspection.roll.lanes import LaneSettings
from inspection.roll.patches import LanePatches, patches_and_skips
from inspection.roll.western_electric import Violation
from service.rollbook.opened import OpenedRoll, opened_roll
from service.store.connection import Connection
from service.store.lane_reads import defects_by_metre, lane_pieces, lane_sums


@dataclass(frozen=True)
class Along:
    """A measure along the roll in bins; bins in which it was not measured are left out."""

    from_m: list[int]
    mean_mm: list[float]
    low_mm: list[float]
    high_mm: list[float]


@dataclass(frozen=True)
class Measure:
    """One measure: first whether it keeps its tolerance, then its chart, then its course.

    Attributes
    ----------
    name : str
        left_mm, right_mm, width_mm, left_wave_mm, right_wave_mm, gap_mm, patch_mm or skip_mm.
    capability : Capability or None
        None where the recipe tells no tolerance.
    chart : Chart or None
        None of too few metres.
    series : Along
    """

    name: str
    capability: Capability | None
    chart: Chart | None
    series: Along


@dataclass(frozen=True)
class Density:
    """Defects per m2 of one lane, beside what chance gives; by metre.

    Attributes
    ----------
    centre_per_m2 : float
    from_m : list of int
    per_m2, upper_per_m2 : list of float
    violations : tuple of Violation
    """

    centre_per_m2: float
    from_m: list[int]
    per_m2: list[float]
    upper_per_m2: list[float]
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class Lane:
    """One lane.

    Attributes
    ----------
    lane : int
    side : str
        Face of the web.
    camera_id : str or None
        Whose number it is; None with a lane plan, which numbers over the whole web.
    measures : tuple of Measure
        Its gap is the one to the next lane.
    density : Density
    """

    lane: int
    side: str
    camera_id: str | None
    measures: tuple[Measure, ...]
    density: Density


@dataclass(frozen=True)
class LanesOfRoll:
    """Everything measured of a roll's lanes.

    Attributes
    ----------
    roll_id : str
    planned : bool
        Whether the recipe has a lane plan.
    per_m : int
        Metres in a bin of the series.
    faults : tuple of Fault
        Stretches out of tolerance, along the web.
    lanes : tuple of Lane
    """

    roll_id: str
    planned: bool
    per_m: int
    faults: tuple[Fault, ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, eq=False)
class MeasuredLanes:
    """What the store has of a roll's lanes, numbered as the roll's own recipe numbered them."""

    sums: list[LaneSums]
    lanes: list[LaneSeries]
    gaps: list[GapSeries]
    patches: list[LanePatches]

    def faults(self, settings: LaneSettings) -> list[Fault]:
        """List where they are out of tolerance."""
        return lane_faults(self.lanes, self.gaps, self.patches, settings)


def lanes_of_roll(connection: Connection, roll_id: str, per_m: int = 1) -> LanesOfRoll:
    """Tell everything that was measured of a roll's lanes.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    per_m : int
        Metres in a bin of the series; charts, capability and faults are by metre whatever it is.

    Raises
    ------
    UnknownRoll
    RecipeError
        The roll's recipe cannot be read by this release.
    """
    opened = opened_roll(connection, roll_id)
    settings, measured = opened.recipe.lanes, measured_lanes(connection, opened)
    counts = defects_by_metre(connection, roll_id, planned=bool(settings.plan))
    lanes = tuple(
        Lane(
            lane=sums.lane.lane,
            side=sums.lane.side,
            camera_id=sums.lane.camera_id or None,
            measures=tuple(_measures(sums.lane, measured, settings, per_m)),
            density=_density(sums, counts.get(sums.lane, {}), per_m),
        )
        for sums in measured.sums
    )
    return LanesOfRoll(roll_id, bool(settings.plan), per_m, tuple(measured.faults(settings)), lanes)


def measured_lanes(connection: Connection, opened: OpenedRoll) -> MeasuredLanes:
    """Return what was measured of a roll's lanes."""
    roll_id, planned = opened.entry.roll_id, bool(opened.recipe.lanes.plan)
    sums = lane_sums(connection, roll_id, planned=planned)
    lanes = [lane_series(each) for each in sums]
    pieces = lane_pieces(connection, roll_id, planned=planned)
    patches = [LanePatches(each.lane, *patches_and_skips(each.pieces, each.seen)) for each in pieces]
    return MeasuredLanes(sums, lanes, list(gap_series(lanes)), patches)


def _measures(lane: LaneId, measured: MeasuredLanes, settings: LaneSettings, per_m: int) -> Iterator[Measure]:
    limits = _limits(lane, settings)
    for name, series in _series(lane, measured):
        if not len(series.metres):
            continue
        chart, tolerance = individuals_chart(series), limits.get(name)
        able = capability(series, chart, tolerance) if tolerance else None
        yield Measure(name, able, chart, _along(series.thinned(per_m)))


def _series(lane: LaneId, measured: MeasuredLanes) -> Iterator[tuple[str, Series]]:
    for own in measured.lanes:
        if own.lane == lane:
            yield from own.measures.items()
    for gap in measured.gaps:
        if gap.left == lane:
            yield "gap_mm", gap.series
    for patches in measured.patches:
        if patches.lane == lane:
            yield "patch_mm", patches.patches.by_metre()
            yield "skip_mm", patches.skips.by_metre()


def _limits(lane: LaneId, settings: LaneSettings) -> dict[str, Limits]:
    """The tolerances of a lane's measures, where the recipe tells them."""
    told: list[tuple[str, float | None, float | None]] = [
        ("gap_mm", settings.planned_gap_mm(lane.lane), settings.gap.mm),
        ("patch_mm", settings.patch.length_mm, settings.patch.tolerance_mm),
        ("skip_mm", settings.skip.length_mm, settings.skip.tolerance_mm),
    ]
    if planned := settings.planned(lane.lane):
        left, right = planned
        told += [("left_mm", left, settings.position.mm), ("right_mm", right, settings.position.mm)]
        told += [("width_mm", right - left, settings.width.mm)]
    return {
        name: Limits(nominal - tolerance, nominal + tolerance)
        for name, nominal, tolerance in told
        if nominal is not None and tolerance is not None
    }


def _along(series: Series) -> Along:
    return Along(
        series.metres.tolist(),
        *(np.round(values, 4).tolist() for values in (series.mean, series.low, series.high)),
    )


def _density(sums: LaneSums, counts: dict[int, int], per_m: int) -> Density:
    seen = sums.seen_mm2 > 0
    metres, area_m2 = sums.metres[seen], sums.seen_mm2[seen] / 1e6
    chart = density_chart(metres, np.array([counts.get(metre, 0) for metre in metres.tolist()], np.int64), area_m2)
    return _thinned(chart, area_m2, per_m)


def _thinned(chart: DensityChart, area_m2: np.ndarray, per_m: int) -> Density:
    bins, begin = np.unique(chart.metres // per_m, return_index=True)
    found = np.add.reduceat(chart.per_m2 * area_m2, begin) if len(bins) else chart.per_m2
    areas = np.add.reduceat(area_m2, begin) if len(bins) else area_m2
    upper = np.maximum.reduceat(chart.upper_per_m2, begin) if len(bins) else chart.upper_per_m2
    return Density(
        chart.centre_per_m2,
        (bins * per_m).tolist(),
        np.round(found / areas, 4).tolist(),
        np.round(upper, 4).tolist(),
        chart.violations,
    )
