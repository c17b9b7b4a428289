"""The map of a roll: how many defects lie where, what was not inspected, and close by the defects themselves.

In:  a stretch of web and how many bins it may be shown in.
Out: columns of numbers, as short as a browser can draw them from.

Densities come from the counts, never from the defects: a map takes as long for a million of them as for none.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Final

from inspection.defect import Severity
from service.errors import UnknownRoll
from service.rollbook.not_inspected import unseen_of
from service.store import reads
from service.store.connection import Connection
from service.store.entries import frame_id
from service.store.web_counts import BinCount, binned, count_between, extent_of
from service.store.web_filters import DEFECT_KINDS
from service.store.web_queries import MarkRow, longest, shorter
from service.store.webs import splices_of

MOST_BINS: Final = 200
MOST_POINTS: Final = 5000
"""So many defects in the stretch, or fewer, are shown each for itself."""

MOST_LINES: Final = 300

_KINDS: Final = [kind.value for kind in DEFECT_KINDS]
_SEVERITIES: Final = [severity.value for severity in Severity]
_KIND_PLACES: Final = {kind: place for place, kind in enumerate(_KINDS)}
_SEVERITY_PLACES: Final = {severity: place for place, severity in enumerate(_SEVERITIES)}
_METRE_MM: Final = 1000


@dataclass(frozen=True)
class Series:
    """Counts along the web: a row for each lane, kind and severity that occurs; kind and severity by their place."""

    lane: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    severity: list[int] = field(default_factory=list)
    counts: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class Marks:
    """Defects one by one, as columns: extents along the web in metres, across it in millimetres."""

    id: list[str]
    kind: list[int]
    severity: list[int]
    lane: list[int]
    from_m: list[float]
    to_m: list[float]
    left_mm: list[float]
    right_mm: list[float]


@dataclass(frozen=True)
class Gaps:
    """Web that a camera did not show, as columns; null where nothing tells where it lay."""

    camera_id: list[str]
    from_m: list[float | None]
    to_m: list[float | None]
    frames: list[int]


@dataclass(frozen=True)
class RollMap:
    """A stretch of a roll.

    Attributes
    ----------
    roll_id : str
    from_m, to_m : float
        What was asked for; the whole roll where nothing was.
    first_bin_m, bin_m : float
        Where the first bin begins, and how long each is: a power of two metres.
    bins : int
    kinds, severities : list of str
        What the numbers of `kind` and `severity` stand for.
    series : Series
        A defect counts in the bin where it begins; lane 0 is bare foil.
    total : int
        Defects in the bins.
    lines : Marks
        Defects of a metre or more, the longest `MOST_LINES` of them.
    points : Marks or None
        All shorter ones; None where they are too many to be drawn.
    splices : list of (float, float)
        In metres.
    not_inspected : Gaps
    """

    roll_id: str
    from_m: float
    to_m: float
    first_bin_m: float
    bin_m: int
    bins: int
    kinds: list[str]
    severities: list[str]
    series: Series
    total: int
    lines: Marks
    points: Marks | None
    splices: list[tuple[float, float]]
    not_inspected: Gaps


def roll_map(
    connection: Connection, roll_id: str, from_m: float | None = None, to_m: float | None = None, bins: int = 150
) -> RollMap:
    """Draw up the map of a stretch.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    from_m, to_m : float, optional
        Else where the roll begins and ends.
    bins : int
        At most; their length is the shortest power of two metres that needs no more.

    Raises
    ------
    UnknownRoll
        There is no such roll.
    """
    if reads.roll(connection, roll_id) is None:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {roll_id}")
    first, end = extent_of(connection, roll_id)
    from_m, to_m = float(first) if from_m is None else from_m, float(end) if to_m is None else to_m
    to_m = max(to_m, from_m)
    step, first_bin, end_bin = _bins(max(from_m, first), min(to_m, end), bins)
    series = _series(binned(connection, roll_id, step, first_bin, end_bin), first_bin, end_bin - first_bin)
    stretch = _METRE_MM * from_m, _METRE_MM * to_m
    return RollMap(
        roll_id=roll_id,
        from_m=from_m,
        to_m=to_m,
        first_bin_m=float(first_bin << step),
        bin_m=1 << step,
        bins=end_bin - first_bin,
        kinds=_KINDS,
        severities=_SEVERITIES,
        series=series,
        total=sum(map(sum, series.counts)),
        lines=_marks(longest(connection, roll_id, *stretch, MOST_LINES)),
        points=_points(connection, roll_id, from_m, to_m),
        splices=_within(splices_of(connection, roll_id), *stretch),
        not_inspected=_gaps(connection, roll_id, *stretch),
    )


def _bins(from_m: float, to_m: float, most: int) -> tuple[int, int, int]:
    """Choose the step, and the numbers of the first bin and of the one after the last."""
    step = 0
    while (bins := _bins_of(from_m, to_m, step))[1] - bins[0] > most:
        step += 1
    return step, *bins


def _bins_of(from_m: float, to_m: float, step: int) -> tuple[int, int]:
    first = floor(from_m / (1 << step))
    return first, max(ceil(to_m / (1 << step)), first)


def _series(counts: Iterable[BinCount], first_bin: int, bins: int) -> Series:
    rows: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0] * bins)
    for place, lane, kind, severity, count in counts:
        rows[lane, kind, severity][place - first_bin] += count
    series = Series()
    for (lane, kind, severity), row in sorted(rows.items()):
        if any(row):
            series.lane.append(lane)
            series.kind.append(_KIND_PLACES[kind])
            series.severity.append(_SEVERITY_PLACES[severity])
            series.counts.append(row)
    return series


def _points(connection: Connection, roll_id: str, from_m: float, to_m: float) -> Marks | None:
    if count_between(connection, roll_id, floor(from_m), ceil(to_m)) > MOST_POINTS:
        return None
    return _marks(shorter(connection, roll_id, _METRE_MM * from_m, _METRE_MM * to_m))


def _marks(rows: Sequence[MarkRow]) -> Marks:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(9)]
    frames, numbers, kinds, severities, lanes, from_mm, to_mm, left_mm, right_mm = columns
    return Marks(
        id=[f"{frame_id(frame)}.{number}" for frame, number in zip(frames, numbers, strict=True)],
        kind=[_KIND_PLACES[kind] for kind in kinds],
        severity=[_SEVERITY_PLACES[severity] for severity in severities],
        lane=lanes,
        from_m=[round(mm / _METRE_MM, 4) for mm in from_mm],
        to_m=[round(mm / _METRE_MM, 4) for mm in to_mm],
        left_mm=[round(mm, 2) for mm in left_mm],
        right_mm=[round(mm, 2) for mm in right_mm],
    )


def _within(splices: Iterable[tuple[float, float]], from_mm: float, to_mm: float) -> list[tuple[float, float]]:
    return [(low / _METRE_MM, high / _METRE_MM) for low, high in splices if low < to_mm and high > from_mm]


def _gaps(connection: Connection, roll_id: str, from_mm: float, to_mm: float) -> Gaps:
    found = [
        each
        for each in unseen_of(connection, roll_id)
        if each.from_mm is None or each.to_mm is None or (each.from_mm < to_mm and each.to_mm > from_mm)
    ]
    return Gaps(
        camera_id=[each.camera_id for each in found],
        from_m=[_metres(each.from_mm) for each in found],
        to_m=[_metres(each.to_mm) for each in found],
        frames=[each.frames for each in found],
    )


def _metres(mm: float | None) -> float | None:
    return None if mm is None else round(mm / _METRE_MM, 4)
