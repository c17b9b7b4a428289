"""The web as it lies: along it from left to right, across it from the operator side down; and its density by lane."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from inspection.roll.web_defect import WebDefect
from service.roll_report.axes import Axis
from service.roll_report.facts import Facts
from service.roll_report.numbers import spaced
from service.store.web_filters import DefectFilter
from service.store.web_queries import Order, defect_rows
from service.store.web_sums import lane_places_mm

LEFT_MM: Final = 17.0
RIGHT_MM: Final = 175.0
_TOP_MM, _BOTTOM_MM = 3.0, 55.0
_ROW_MM: Final = 4.5
_MOST_MARKS: Final = 250
_SHADES: Final = 5
_NARROWEST_MM: Final = 0.35
"""A stretch of some metres of a long roll would be thinner than print can show."""


@dataclass(frozen=True)
class Mark:
    """A defect: its severity is told by its shape."""

    severity: str
    x: float
    y: float


@dataclass(frozen=True)
class Bar:
    """A rectangle on paper, in mm."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A long defect along the web."""

    severity: str
    x: float
    end_x: float
    y: float


@dataclass(frozen=True)
class Row:
    """A lane of the density strip: cells with a shade from 1 to 5."""

    name: str
    y: float
    cells: list[tuple[Bar, int]]


@dataclass(frozen=True)
class WebMap:
    """All that is drawn.

    Attributes
    ----------
    x_ticks, y_ticks : list of (float, str)
        Metres along the web, millimetres across.
    lanes : list of (str, Bar)
        Where lanes were measured.
    gaps : list of Bar
    splices : list of float
    lines : list of Line
    marks : list of Mark
    shown, total : str
        How many defects are drawn each for itself, and of how many; empty where all are.
    rows : list of Row
    rows_top, height : float
    shades : list of (int, str)
        What the cells' shades stand for, in defects per metre.
    """

    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    top: float
    bottom: float
    lanes: list[tuple[str, Bar]]
    gaps: list[Bar]
    splices: list[float]
    lines: list[Line]
    marks: list[Mark]
    shown: str
    total: str
    rows: list[Row]
    rows_top: float
    height: float
    shades: list[tuple[int, str]]


def web_map(facts: Facts) -> WebMap:
    """Lay out the map of a whole roll."""
    lanes = lane_places_mm(facts.connection, facts.roll_id)
    worst = _worst(facts)
    along, across = along_axis(facts), _across(facts, worst, lanes)
    rows, shades = _rows(facts, along)
    lines = _lines(facts, along, across)
    shown = len(worst) + len(lines)
    return WebMap(
        x_ticks=along.ticks(12),
        y_ticks=across.ticks(5),
        top=_TOP_MM,
        bottom=_BOTTOM_MM,
        lanes=[(str(lane), _band(across, *place)) for lane, place in sorted(lanes.items())],
        gaps=_gaps(facts, along),
        splices=[along.at((low + high) / 2) for low, high in facts.map.splices],
        lines=lines,
        marks=[Mark(each.severity.value, along.at(each.down_mm / 1e3), across.at(each.cross_mm)) for each in worst],
        shown=spaced(shown) if shown < facts.map.total else "",
        total=spaced(facts.map.total),
        rows=rows,
        rows_top=_BOTTOM_MM + 10,
        height=_BOTTOM_MM + 12 + _ROW_MM * len(rows),
        shades=shades,
    )


def along_axis(facts: Facts) -> Axis:
    """Lay metres along the web out over the page; charts below the map share it."""
    return Axis(facts.map.from_m, max(facts.map.to_m, facts.map.from_m + 1), LEFT_MM, RIGHT_MM)


def _worst(facts: Facts) -> list[WebDefect]:
    asked = DefectFilter(roll_id=facts.roll_id, most_mm=1000)
    rows = defect_rows(facts.connection, asked, Order.WORST, _MOST_MARKS)
    return [defect for _, defect in rows.defects][::-1]  # the worst are drawn last, on top


def _across(facts: Facts, worst: list[WebDefect], lanes: dict[int, tuple[float, float]]) -> Axis:
    lefts = [*(each.left_mm for each in worst), *facts.map.lines.left_mm, *(left for left, _ in lanes.values())]
    rights = [*(each.right_mm for each in worst), *facts.map.lines.right_mm, *(right for _, right in lanes.values())]
    return Axis(min([*lefts, 0.0]), max([*rights, 1.0]), _TOP_MM + 1.5, _BOTTOM_MM - 1.5)


def _band(across: Axis, left_mm: float, right_mm: float) -> Bar:
    top, bottom = across.at(left_mm), across.at(right_mm)
    return Bar(LEFT_MM, top, RIGHT_MM - LEFT_MM, round(bottom - top, 2))


def _gaps(facts: Facts, along: Axis) -> list[Bar]:
    bars = []
    for each in facts.unseen:
        if each.from_mm is not None and each.to_mm is not None:
            start, end = along.at(each.from_mm / 1e3), along.at(each.to_mm / 1e3)
            bars.append(Bar(start, _TOP_MM, round(max(end - start, _NARROWEST_MM), 2), _BOTTOM_MM - _TOP_MM))
    return bars


def _lines(facts: Facts, along: Axis, across: Axis) -> list[Line]:
    lines, names = facts.map.lines, facts.map.severities
    columns = zip(lines.severity, lines.from_m, lines.to_m, lines.left_mm, lines.right_mm, strict=True)
    return [
        Line(names[severity], along.at(from_m), along.at(to_m), across.at((left + right) / 2))
        for severity, from_m, to_m, left, right in columns
    ]


def _rows(facts: Facts, along: Axis) -> tuple[list[Row], list[tuple[int, str]]]:
    """Shade bins by lane; each shade stands for twice as many as the one before."""
    told = facts.map
    lanes: dict[int, list[int]] = defaultdict(lambda: [0] * told.bins)
    for lane, counts in zip(told.series.lane, told.series.counts, strict=True):
        lanes[lane] = [one + more for one, more in zip(lanes[lane], counts, strict=True)]
    most = max((max(counts) for counts in lanes.values()), default=0)
    steps = [most / 2 ** (_SHADES - shade) for shade in range(1, _SHADES + 1)]
    rows = []
    for number, (lane, counts) in enumerate(sorted(lanes.items())):
        y = _BOTTOM_MM + 10 + _ROW_MM * number
        cells = [
            (_cell(facts, along, place, y), _shade(count, steps)) for place, count in enumerate(counts) if count > 0
        ]
        rows.append(Row(f"lane {lane}" if lane else "foil", y, cells))
    return rows, [(n, _told(step / told.bin_m)) for n, step in enumerate(steps, 1)] if most else []


def _told(density: float) -> str:
    return spaced(density, 0 if density >= 10 else 2)


def _shade(count: int, steps: list[float]) -> int:
    return next(shade for shade, step in enumerate(steps, 1) if count <= step * (1 + 1e-9))


def _cell(facts: Facts, along: Axis, place: int, y: float) -> Bar:
    begins_m = facts.map.first_bin_m + place * facts.map.bin_m
    start, end = along.at(begins_m), along.at(begins_m + facts.map.bin_m)
    return Bar(start, y, round(end - start, 2), _ROW_MM - 0.7)
