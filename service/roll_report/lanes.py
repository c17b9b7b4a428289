"""The lanes in figures: where edges lie, how wide coating and foil are, and whether that keeps its tolerance."""

from dataclasses import dataclass
from typing import Final

from inspection.roll.capability import Capability
from inspection.roll.fault import Fault
from service.roll_report.facts import Facts
from service.roll_report.numbers import lane_called, left_out, metres, reason, spaced
from service.rollbook.lanes import Lane, Measure

MOST_LANES: Final = 8
"""Of each there is a chart: these fill two pages."""

_MOST_FAULTS: Final = 12
_NAMES: Final = {
    "left_mm": "left edge",
    "right_mm": "right edge",
    "width_mm": "width",
    "gap_mm": "gap to the next lane",
    "left_wave_mm": "waviness, left",
    "right_wave_mm": "waviness, right",
    "patch_mm": "coated patch",
    "skip_mm": "bare skip",
}
"""Also the order in which they are told."""


@dataclass(frozen=True)
class Figure:
    """One measure of a lane, in words; `refused` says why there is no capability, empty where there is one."""

    name: str
    mean: str
    low: str
    high: str
    tolerance: str
    capability: str
    refused: str


@dataclass(frozen=True)
class LaneFigures:
    """One lane."""

    name: str
    figures: list[Figure]


@dataclass(frozen=True)
class OutOfTolerance:
    """A stretch in words."""

    lane: str
    place: str
    why: str


@dataclass(frozen=True)
class LaneSheet:
    """All lanes that were measured.

    Attributes
    ----------
    lanes : list of LaneFigures
    left_out : str
    planned : bool
        Whether the recipe tells where lanes are to be.
    faults : list of OutOfTolerance
        The longest, along the web.
    faults_left_out : str
    """

    lanes: list[LaneFigures]
    left_out: str
    planned: bool
    faults: list[OutOfTolerance]
    faults_left_out: str


def lanes(facts: Facts) -> LaneSheet:
    """Tell what was measured of the lanes."""
    told = facts.lanes
    measured = measured_lanes(facts)
    longest = sorted(told.faults, key=lambda each: each.from_mm - each.to_mm)[:_MOST_FAULTS]
    return LaneSheet(
        lanes=[LaneFigures(called(each), _figures(each)) for each in measured[:MOST_LANES]],
        left_out=left_out(MOST_LANES, len(measured), "lanes, the first"),
        planned=told.planned,
        faults=[_fault(each) for each in sorted(longest, key=lambda each: each.from_mm)],
        faults_left_out=left_out(_MOST_FAULTS, len(told.faults), "stretches, the longest"),
    )


def measured_lanes(facts: Facts) -> list[Lane]:
    """Give the lanes of which anything was measured."""
    return [each for each in facts.lanes.lanes if each.measures]


def called(lane: Lane) -> str:
    """Name a lane; without a plan each camera counts its own."""
    side = "" if lane.side == "top" else f", {lane.side}"
    return f"lane {lane.lane}{side}" + (f" of {lane.camera_id}" if lane.camera_id else "")


def _figures(lane: Lane) -> list[Figure]:
    order = list(_NAMES)
    return [_figure(each) for each in sorted(lane.measures, key=lambda each: order.index(each.name))]


def _figure(measure: Measure) -> Figure:
    series, able = measure.series, measure.capability
    mean = measure.chart.centre_mm if measure.chart else sum(series.mean_mm) / len(series.mean_mm)
    return Figure(
        name=_NAMES[measure.name],
        mean=spaced(mean, 3),
        low=spaced(min(series.low_mm), 3),
        high=spaced(max(series.high_mm), 3),
        tolerance=f"{spaced(able.lower_mm, 3)} to {spaced(able.upper_mm, 3)}" if able else "none",
        capability=_capability(able),
        refused=(able.refused or "") if able else "",
    )


def _capability(able: Capability | None) -> str:
    if able is None or able.cp is None or able.cpk is None:
        return ""
    return f"Cp {able.cp:.2f}, Cpk {able.cpk:.2f}"


def _fault(fault: Fault) -> OutOfTolerance:
    place = f"{metres(fault.from_mm, 2)} to {metres(fault.to_mm, 2)}"
    return OutOfTolerance(lane_called(fault.lane), place, reason(fault.why))
