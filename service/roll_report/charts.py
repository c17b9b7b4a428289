"""Which kinds there are most of, and where along the web there are many."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from inspection.defect import Severity
from service.roll_report.axes import Axis
from service.roll_report.facts import Facts
from service.roll_report.numbers import spaced
from service.roll_report.web_map import RIGHT_MM, along_axis

_BARS_FROM_MM: Final = 34.0
_BARS_TO_MM: Final = 140.0
_BAR_MM: Final = 5.5
_TOP_MM, _BOTTOM_MM = 3.0, 34.0


@dataclass(frozen=True)
class ParetoBar:
    """One kind: its bar's parts by severity, how many, and the share of it and all more common ones."""

    kind: str
    y: float
    parts: list[tuple[str, float, float]]
    count: str
    cumulated: str


@dataclass(frozen=True)
class Pareto:
    """Kinds, the most common first."""

    bars: list[ParetoBar]
    height: float


@dataclass(frozen=True)
class Trend:
    """Defects per metre along the web: of all, and of those that are major or critical."""

    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    bottom: float
    right: float
    every: str
    severe: str
    bin_m: int


def pareto(facts: Facts) -> Pareto:
    """Sort kinds by how many there are."""
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(facts.map.severities, 0))
    series = facts.map.series
    for place, severity, counts in zip(series.kind, series.severity, series.counts, strict=True):
        kinds[facts.map.kinds[place]][facts.map.severities[severity]] += sum(counts)
    ranked = sorted(kinds.items(), key=lambda each: (-sum(each[1].values()), each[0]))
    most = sum(ranked[0][1].values()) if ranked else 1
    axis, so_far, bars = Axis(0, most, 0, _BARS_TO_MM - _BARS_FROM_MM), 0, []
    for number, (kind, severities) in enumerate(ranked):
        so_far += sum(severities.values())
        cumulated = f"{100 * so_far / facts.map.total:.1f} %"
        count = spaced(sum(severities.values()))
        bars.append(ParetoBar(kind.replace("_", " "), 1 + _BAR_MM * number, _parts(severities, axis), count, cumulated))
    return Pareto(bars, 2 + _BAR_MM * len(bars))


def trend(facts: Facts) -> Trend:
    """Draw how many defects there are per metre."""
    told, along = facts.map, along_axis(facts)
    every, severe = [0] * told.bins, [0] * told.bins
    for severity, counts in zip(told.series.severity, told.series.counts, strict=True):
        every = [one + more for one, more in zip(every, counts, strict=True)]
        if told.severities[severity] != Severity.MINOR:
            severe = [one + more for one, more in zip(severe, counts, strict=True)]
    up = Axis(0, max([*every, 1]) / told.bin_m, _BOTTOM_MM, _TOP_MM)
    return Trend(
        x_ticks=along.ticks(12),
        y_ticks=up.ticks(4),
        bottom=_BOTTOM_MM,
        right=RIGHT_MM,
        every=_stairs(every, facts, along, up),
        severe=_stairs(severe, facts, along, up),
        bin_m=told.bin_m,
    )


def _parts(severities: dict[str, int], axis: Axis) -> list[tuple[str, float, float]]:
    """Lay a bar's parts one behind the other, the worst first."""
    parts, so_far = [], 0
    for severity in reversed(Severity):
        start, so_far = axis.at(so_far), so_far + severities[severity]
        if severities[severity]:
            parts.append((severity.value, round(_BARS_FROM_MM + start, 2), round(axis.at(so_far) - start, 2)))
    return parts


def _stairs(counts: list[int], facts: Facts, along: Axis, up: Axis) -> str:
    """Points of a line that is level within each bin."""
    bin_m, points = facts.map.bin_m, []
    for place, count in enumerate(counts):
        begins_m = facts.map.first_bin_m + place * bin_m
        points += [f"{along.at(each)},{up.at(count / bin_m)}" for each in (begins_m, begins_m + bin_m)]
    return " ".join(points)
