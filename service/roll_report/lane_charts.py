"""A chart of each lane's width along the web: its course, control limits, tolerance, and where a rule is broken."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from inspection.roll.along import joined
from inspection.roll.capability import Capability
from inspection.roll.control_charts import Chart
from inspection.roll.western_electric import RULES, Violation
from service.roll_report.axes import Axis
from service.roll_report.facts import Facts
from service.roll_report.lanes import MOST_LANES, called, measured_lanes
from service.roll_report.numbers import spaced
from service.roll_report.web_map import RIGHT_MM, along_axis
from service.rollbook.lanes import Along, Lane, Measure

_TOP_MM, _BOTTOM_MM = 2.0, 22.0


@dataclass(frozen=True)
class WidthChart:
    """A lane's width on paper, in mm.

    Attributes
    ----------
    name : str
    y_ticks : list of (float, str)
    courses, bands : list of str
        Points of each stretch without a gap: of the means, and around smallest and largest.
    centre, limits, tolerance : list of float
        Heights of lines; empty where there is none, or it lies beyond the chart.
    broken : list of (float, float)
        Where a rule is broken: place and width.
    told : str
        Which rules are broken, and in how many stretches.
    """

    name: str
    y_ticks: list[tuple[float, str]]
    courses: list[str]
    bands: list[str]
    centre: list[float]
    limits: list[float]
    tolerance: list[float]
    broken: list[tuple[float, float]]
    told: str


@dataclass(frozen=True)
class WidthCharts:
    """Charts under each other on one axis along the web."""

    charts: list[WidthChart]
    x_ticks: list[tuple[float, str]]
    top: float
    bottom: float
    right: float
    per_m: int
    rules: str


def widths(facts: Facts) -> WidthCharts:
    """Draw the width of each lane that has one."""
    along, per_m = along_axis(facts), facts.lanes.per_m
    drawn = [
        (lane, measure) for lane in measured_lanes(facts) for measure in lane.measures if measure.name == "width_mm"
    ]
    return WidthCharts(
        charts=[_chart(lane, measure, along, per_m) for lane, measure in drawn[:MOST_LANES]],
        x_ticks=along.ticks(12),
        top=_TOP_MM,
        bottom=_BOTTOM_MM,
        right=RIGHT_MM,
        per_m=per_m,
        rules="; ".join(f"{rule.number}: {rule.told}" for rule in RULES),
    )


def _chart(lane: Lane, measure: Measure, along: Axis, per_m: int) -> WidthChart:
    chart, up = measure.chart, _up(measure)
    broken = chart.violations if chart else ()
    stretches = _unbroken(measure.series, per_m)
    return WidthChart(
        name=called(lane),
        y_ticks=up.ticks(4),
        courses=[_course(measure.series, each, along, up, per_m) for each in stretches],
        bands=[_band(measure.series, each, along, up, per_m) for each in stretches],
        centre=[up.at(chart.centre_mm)] if chart else [],
        limits=_heights(chart, up),
        tolerance=_inside(measure.capability, up),
        broken=_marked(broken, along, per_m),
        told=_told(chart, broken),
    )


def _up(measure: Measure) -> Axis:
    """Show all that was measured and the control limits; a tolerance that is much wider would flatten them."""
    chart, series = measure.chart, measure.series
    ends = [*series.low_mm, *series.high_mm, *((chart.lower_mm, chart.upper_mm) if chart else ())]
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) or 0.01
    able = measure.capability
    for end in (able.lower_mm, able.upper_mm) if able else ():
        if low - (high - low) <= end <= high + (high - low):
            low, high = min(low, end), max(high, end)
    return Axis(low - room, high + room, _BOTTOM_MM, _TOP_MM)


def _heights(chart: Chart | None, up: Axis) -> list[float]:
    return [up.at(chart.lower_mm), up.at(chart.upper_mm)] if chart else []


def _inside(able: Capability | None, up: Axis) -> list[float]:
    ends = (able.lower_mm, able.upper_mm) if able else ()
    return [up.at(end) for end in ends if up.low <= end <= up.high]


def _unbroken(series: Along, per_m: int) -> list[range]:
    """Bins that follow each other: where nothing was measured the line is broken."""
    ends = [place for place, (one, other) in enumerate(pairwise(series.from_m), 1) if other - one > per_m]
    return [range(start, end) for start, end in pairwise([0, *ends, len(series.from_m)])]


def _course(series: Along, bins: range, along: Axis, up: Axis, per_m: int) -> str:
    return " ".join(_point(series.from_m[n], series.mean_mm[n], along, up, per_m) for n in bins)


def _band(series: Along, bins: range, along: Axis, up: Axis, per_m: int) -> str:
    """Around the smallest and largest of each bin, there and back."""
    there = [_point(series.from_m[n], series.high_mm[n], along, up, per_m) for n in bins]
    back = [_point(series.from_m[n], series.low_mm[n], along, up, per_m) for n in reversed(bins)]
    return " ".join([*there, *back])


def _point(from_m: int, value_mm: float, along: Axis, up: Axis, per_m: int) -> str:
    return f"{along.at(from_m + per_m / 2)},{up.at(value_mm)}"


def _marked(broken: tuple[Violation, ...], along: Axis, per_m: int) -> list[tuple[float, float]]:
    """Put stretches that share a bin together: there are never more marks than bins."""
    whole = joined((each.from_m // per_m * per_m, -(-each.to_m // per_m) * per_m) for each in broken)
    return [(along.at(start), round(along.at(end) - along.at(start), 2)) for start, end in whole]


def _told(chart: Chart | None, broken: tuple[Violation, ...]) -> str:
    if chart is None:
        return "too few metres for limits"
    counts = sorted(Counter(each.rule for each in broken).items())
    told = ", ".join(f"rule {rule}: {spaced(count)} x" for rule, count in counts) or "no rule broken"
    return f"centre {spaced(chart.centre_mm, 3)} mm, 3 sigma {spaced(3 * chart.sigma_mm, 3)} mm; {told}"
