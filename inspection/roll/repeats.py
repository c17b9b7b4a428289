"""Repeats: marks that come back with each turn of a roller.

In:  the defects of a web, in any order.
Out: repeats: where across the web, from where to where along it, at which pitch, and which roller turns so.

A roller with something on it marks the web once a turn, so that the pitch of its marks is its circumference
(EP 0 594 220 raises an alarm by it). What is regular enough to be believed: see `periods`. A series ends at a splice:
the web was cut there, and what follows is counted from a new beginning.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inspection.defect import EVENT_KINDS, Kind
from inspection.roll.fault import Cause, Fault
from inspection.roll.periods import Series, find_series
from inspection.roll.rollers import RepeatSettings
from inspection.roll.seeds import Search
from inspection.roll.web_defect import PieceId, WebDefect

_LONG_KINDS = EVENT_KINDS | {Kind.STREAK}
"""These run along the web; where one begins and ends says nothing of a turn."""


@dataclass(frozen=True)
class Mark:
    """A defect as one turn's mark."""

    identity: PieceId
    turn: int
    lane: int | None
    from_mm: float
    to_mm: float


@dataclass(frozen=True)
class Repeat:
    """Something that a roller does once a turn.

    Attributes
    ----------
    cross_mm : float
        Across the web; the median of its marks.
    first_mm, last_mm : float
        Middle of its first and of its last mark along the web.
    missed : int
        Turns between these that have no mark.
    pitch_mm, pitch_error_mm : float
        Slope of the marks' positions over their turns, and its standard error.
    expected_false : float
        How many repeats as regular as this unrelated defects would make on the whole roll.
    confidence : float
        Probability that unrelated defects make none; from 0 to 1.
    roller : str or None
        Which roller of the settings turns so.
    kind : Kind
        Most frequent of the marks'.
    marks : tuple of Mark
        Along the web.
    """

    cross_mm: float
    first_mm: float
    last_mm: float
    missed: int
    pitch_mm: float
    pitch_error_mm: float
    expected_false: float
    confidence: float
    roller: str | None
    kind: Kind
    marks: tuple[Mark, ...]


def find_repeats(
    defects: Sequence[WebDefect],
    settings: RepeatSettings,
    splices: Sequence[tuple[float, float]] = (),
    windows: float = 1.0,
) -> list[Repeat]:
    """Find what repeats on a web.

    Parameters
    ----------
    defects : sequence of WebDefect
        In any order.
    settings : RepeatSettings
    splices : sequence of (float, float)
        Where each begins and ends along the web.
    windows : float
        How many times as much web the roll has as these defects are of, so that looking at a part of it again and
        again does not find more by chance than looking once at all of it.

    Returns
    -------
    list of Repeat
        In order of where they begin.
    """
    stretches = [marks for marks in _between_splices(_point_marks(defects, settings), splices) if len(marks) >= 3]
    search = _search(settings, windows * max(len(stretches), 1))
    found = [repeat for marks in stretches for repeat in _repeats_of(marks, settings, search)]
    return sorted(found, key=lambda repeat: (repeat.first_mm, repeat.cross_mm))


def is_mark(defect: WebDefect, settings: RepeatSettings) -> bool:
    """Tell whether a defect may be a roller's mark."""
    return defect.kind not in _LONG_KINDS and defect.length_mm <= settings.longest_mark_mm


def _point_marks(defects: Sequence[WebDefect], settings: RepeatSettings) -> list[WebDefect]:
    """Those that may be marks, along the web; ties in an order of their own, so that any order gives the same."""
    marks = [defect for defect in defects if is_mark(defect, settings)]
    return sorted(marks, key=lambda defect: (defect.down_mm, defect.identity))


def _between_splices(
    marks: Sequence[WebDefect], splices: Sequence[tuple[float, float]]
) -> Iterator[Sequence[WebDefect]]:
    """Cut the marks at splices; those on one belong to nothing."""
    along = np.array([mark.down_mm for mark in marks])
    begin = 0
    for from_mm, to_mm in sorted(splices):
        yield marks[begin : int(np.searchsorted(along, from_mm))]
        begin = max(begin, int(np.searchsorted(along, to_mm, side="right")))
    yield marks[begin:]


def _search(settings: RepeatSettings, windows: float) -> Search:
    return Search(
        pitch_mm=(settings.shortest_pitch_mm, settings.longest_pitch_mm),
        along_mm=settings.down_tolerance_mm,
        across_mm=settings.cross_tolerance_mm,
        most_missed=settings.most_missed,
        least_marks=settings.least_marks,
        expected_false=settings.false_per_roll,
        windows=windows,
    )


def _repeats_of(marks: Sequence[WebDefect], settings: RepeatSettings, search: Search) -> list[Repeat]:
    down_mm, cross_mm = np.array([(mark.down_mm, mark.cross_mm) for mark in marks]).T
    return [_repeat(marks, series, settings) for series in find_series(down_mm, cross_mm, search)]


def _repeat(marks: Sequence[WebDefect], series: Series, settings: RepeatSettings) -> Repeat:
    members = [marks[point] for point in series.points]
    turns = list(zip(members, series.turns, strict=True))
    return Repeat(
        cross_mm=float(np.median([member.cross_mm for member in members])),
        first_mm=members[0].down_mm,
        last_mm=members[-1].down_mm,
        missed=series.turns[-1] + 1 - len(members),
        pitch_mm=series.pitch_mm,
        pitch_error_mm=series.pitch_error_mm,
        expected_false=series.expected_false,
        confidence=max(0.0, 1 - series.expected_false),
        roller=settings.roller_of(series.pitch_mm),
        kind=Counter(member.kind for member in members).most_common(1)[0][0],
        marks=tuple(Mark(one.identity, turn, one.lane, one.from_mm, one.to_mm) for one, turn in turns),
    )


def repeat_faults(repeats: Sequence[Repeat], settings: RepeatSettings) -> list[Fault]:
    """Tell what repeats are as faults: one for each mark, as long as the mark is.

    Web between two marks is as good as any, so that nothing but the marks is to be cut out. All faults of a repeat
    say the same, which makes them one reason.
    """
    return [
        Fault(Cause.REPEAT, mark.lane, mark.from_mm, mark.to_mm, settings.severity, why)
        for repeat, why in ((repeat, told_of(repeat)) for repeat in repeats)
        for mark in repeat.marks
    ]


def told_of(repeat: Repeat) -> str:
    """Tell of a repeat in words."""
    roller = f" ({repeat.roller})" if repeat.roller else ""
    return (
        f"{repeat.kind} repeats every {repeat.pitch_mm:.1f} mm{roller}, {repeat.cross_mm:.0f} mm from the operator side"
    )
