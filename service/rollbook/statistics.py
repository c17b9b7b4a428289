"""How many defects there were by kind, lane, severity, camera, shift, day or week, of one roll or of many.

All figures come from the counts by metre and their sums. Where the web's seen length is known, they are told per metre
of web, and for one roll whose lanes were measured per square metre of coating.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from inspection.defect import Severity
from service.errors import UnknownRoll
from service.rollbook.times import by_time, name_of, seen_mm
from service.shifts import Shifts
from service.store.connection import Connection
from service.store.web_sums import (
    Alike,
    Part,
    RollsAsked,
    counts_by,
    lane_widths_mm,
    rolls_of,
    whole_parts,
)


class By(StrEnum):
    """What is counted apart."""

    KIND = "kind"
    LANE = "lane"
    SEVERITY = "severity"
    CAMERA = "camera"
    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class Figure:
    """One row of statistics.

    Attributes
    ----------
    name : str
        A kind, lane number (0 is bare foil), severity, camera, or the beginning of a time.
    count : int
    minor, major, critical : int
        Of them.
    seen_m : float or None
        Web that they were found on: what was seen by the camera, in that time, or of the rolls; None where unknown.
    per_m : float or None
        Defects per metre of it.
    per_m2 : float or None
        Defects per square metre of coating seen: of the lane, or of all lanes.
    """

    name: str
    count: int
    minor: int
    major: int
    critical: int
    seen_m: float | None
    per_m: float | None
    per_m2: float | None


@dataclass(frozen=True)
class Statistics:
    """Figures, the largest first; times and lanes in their order."""

    by: By
    rolls: int
    total: int
    seen_m: float
    figures: list[Figure]


_COLUMNS: Final[Mapping[By, Alike]] = {
    By.KIND: "kind",
    By.LANE: "lane",
    By.SEVERITY: "severity",
    By.CAMERA: "camera_id",
}


@dataclass(frozen=True)
class _Web:
    """What was seen: in all, by the figures' names where they differ in it, and how wide the lanes are."""

    seen_mm: float
    by_name: Mapping[str, float] | None
    widths_mm: Mapping[str, float]

    def seen_of(self, name: str) -> float:
        return self.seen_mm if self.by_name is None else self.by_name.get(name, 0.0)

    def width_of(self, name: str, by: By) -> float:
        return self.widths_mm.get(name, 0.0) if by is By.LANE else sum(self.widths_mm.values())


def statistics(connection: Connection, asked: RollsAsked, by: By, shifts: Shifts) -> Statistics:
    """Count the defects of some rolls.

    Parameters
    ----------
    connection : Connection
    asked : RollsAsked
    by : By
    shifts : Shifts
        The plant's: times are told by its clock.

    Raises
    ------
    UnknownRoll
        There is no such roll.
    """
    opened = rolls_of(connection, asked)
    if asked.roll_id is not None and not opened:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {asked.roll_id}")
    parts = whole_parts(connection, asked)
    counts, by_name = _counted(connection, asked, by, parts, opened, shifts)
    web = _Web(seen_mm(parts), by_name, _widths_mm(connection, asked))
    figures = [_figure(name, severities, web, by) for name, severities in counts.items()]
    figures.sort(key=_place(by))
    return Statistics(by, len(opened), sum(each.count for each in figures), round(web.seen_mm / 1e3, 3), figures)


def _counted(
    connection: Connection, asked: RollsAsked, by: By, parts: list[Part], opened: Mapping[str, str], shifts: Shifts
) -> tuple[Mapping[str, Counter[str]], Mapping[str, float] | None]:
    """Count by name and severity; tell also what was seen for each name, where that is not the same for all."""
    if by in _COLUMNS:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for name, severity, count in counts_by(connection, asked, _COLUMNS[by]):
            counts[str(name)][severity] += count
        return {name: each for name, each in counts.items() if each.total()}, _of_cameras(parts, by)
    times = by_time(connection, asked, parts, opened, name_of(by.value, shifts))
    return times.counts, times.seen_mm()


def _of_cameras(parts: list[Part], by: By) -> Mapping[str, float] | None:
    if by is not By.CAMERA:
        return None
    return {
        camera_id: sum(part.seen_mm for part in parts if part.camera_id == camera_id)
        for camera_id in {part.camera_id for part in parts}
    }


def _widths_mm(connection: Connection, asked: RollsAsked) -> Mapping[str, float]:
    """Lanes of one roll; over several rolls they differ."""
    if asked.roll_id is None:
        return {}
    return {str(lane): width for lane, width in lane_widths_mm(connection, asked.roll_id).items()}


def _figure(name: str, severities: Counter[str], web: _Web, by: By) -> Figure:
    count, seen_m = severities.total(), web.seen_of(name) / 1e3
    area_m2 = seen_m * web.width_of(name, by) / 1e3
    return Figure(
        name=name,
        count=count,
        minor=severities[Severity.MINOR],
        major=severities[Severity.MAJOR],
        critical=severities[Severity.CRITICAL],
        seen_m=round(seen_m, 3) if seen_m > 0 else None,
        per_m=round(count / seen_m, 5) if seen_m > 0 else None,
        per_m2=round(count / area_m2, 5) if area_m2 > 0 else None,
    )


def _place(by: By) -> Callable[[Figure], tuple[int, str]]:
    """Sort lanes and times as they follow each other, what else there is by how often it occurs."""
    if by is By.LANE:
        return lambda each: (int(each.name), "")
    if by in (By.SHIFT, By.DAY, By.WEEK):
        return lambda each: (0, each.name)
    return lambda each: (-each.count, each.name)
