"""Density: where more defects lie together than a product bears.

In:  the defects of a web, how wide its lanes are, the product's rules.
Out: crowded stretches of its lanes, as faults.

A defect counts where it begins, so that one that grows stays where it is. A stretch is crowded where a window of the
rule's length, laid anywhere along the lane, holds more than the rule allows; overlapping windows are one stretch.
No public standard fixes such limits; the defaults are a judgement: they let pass what a line does on an ordinary day
and speak up for a stretch that nobody would sell. Each product's recipe sets its own.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

import numpy as np
from annotated_types import Interval

from inspection.defect import EVENT_KINDS, Kind, Severity
from inspection.errors import RecipeError
from inspection.roll.fault import Cause, Fault
from inspection.roll.strips import Reals
from inspection.roll.web_defect import PieceId, WebDefect

_Place: TypeAlias = tuple[float, float, PieceId]
"""Where a defect begins and ends along the web, and which it is."""


@dataclass(frozen=True)
class DensityRule:
    """More than this is too much.

    Attributes
    ----------
    measure : {"per_m2", "per_m", "in_a_row"}
        Defects per area of a lane, per metre of it, or a row of them, each near the one before.
    above : float
        The limit; in a row it is a number of defects.
    within_mm : float
        Length of the window along the web; in a row the largest distance from one defect to the next.
    severity : Severity
        How bad the crowded stretch is.
    kind : Kind or None
        Counted alone; without one, all kinds are counted together.
    """

    measure: Literal["per_m2", "per_m", "in_a_row"]
    above: Annotated[float, Interval(ge=0, le=1e9)]
    within_mm: Annotated[float, Interval(gt=0, le=100_000)]
    severity: Severity
    kind: Kind | None = None

    def needed(self, width_mm: float | None) -> int | None:
        """How many defects are too many in one window of a lane; None where its width is needed and not known."""
        if self.measure == "in_a_row":
            return int(self.above) + 1
        window_m = self.within_mm / 1000
        if self.measure == "per_m":
            return max(int(self.above * window_m) + 1, 2)
        return None if width_mm is None else max(int(self.above * window_m * width_mm / 1000) + 1, 2)

    def concerns(self, defect: WebDefect) -> bool:
        """Whether it counts a defect."""
        return defect.kind not in EVENT_KINDS and self.kind in (None, defect.kind)

    @property
    def told(self) -> str:
        """In words."""
        if self.measure == "in_a_row":
            return f"more than {self.above:g} in a row, each within {self.within_mm:g} mm of the one before"
        unit = "m2" if self.measure == "per_m2" else "m"
        return f"more than {self.above:g} per {unit} over {self.within_mm:g} mm"


def _default_rules() -> tuple[DensityRule, ...]:
    return (
        DensityRule("per_m2", 1000.0, 1000.0, Severity.MAJOR),
        DensityRule("in_a_row", 9, 30.0, Severity.MAJOR),
    )


@dataclass(frozen=True)
class DensitySettings:
    """Where defects lie too close together.

    Attributes
    ----------
    rules : tuple of DensityRule
        Each of them is asked by itself, in every lane.

    Raises
    ------
    RecipeError
        The same is ruled twice, or a row would have to be shorter than two.
    """

    rules: tuple[DensityRule, ...] = _default_rules()

    def __post_init__(self) -> None:
        for rule in self.rules:
            if rule.measure == "in_a_row" and rule.above < 1:
                raise RecipeError(f"expected a row of at least 2, above = 1 or more, got {rule.above:g}: raise it")
        told = [(rule.measure, rule.above, rule.within_mm, rule.kind) for rule in self.rules]
        for each in told:
            if told.count(each) > 1:
                raise RecipeError(f"expected each density rule once, got {each[0]} above {each[1]:g} twice: remove one")


@dataclass(frozen=True)
class Crowd:
    """A crowded stretch of a lane.

    Attributes
    ----------
    rule : DensityRule
        The one that it breaks.
    lane : int or None
        None is bare foil.
    from_mm, to_mm : float
    defects : int
    """

    rule: DensityRule
    lane: int | None
    from_mm: float
    to_mm: float
    defects: int

    @property
    def told(self) -> str:
        """In words."""
        what = f"{self.defects} x {self.rule.kind}" if self.rule.kind else f"{self.defects} defects"
        where = f"on lane {self.lane}" if self.lane else "on bare foil"
        return f"{what} on {self.to_mm - self.from_mm:.0f} mm {where}: {self.rule.told}"

    @property
    def fault(self) -> Fault:
        """As what rolls are judged and cut by."""
        return Fault(Cause.DENSITY, self.lane, self.from_mm, self.to_mm, self.rule.severity, self.told)


def density_faults(
    defects: Iterable[WebDefect], settings: DensitySettings, widths_mm: Mapping[int, float]
) -> list[Fault]:
    """Find the crowded stretches of a web.

    Parameters
    ----------
    defects : iterable of WebDefect
        In any order.
    settings : DensitySettings
    widths_mm : mapping of lane to width
        A lane that is not in it is taken to be as narrow as the narrowest; where none is known, and on bare foil,
        nothing is counted by area.

    Returns
    -------
    list of Fault
        By rule, lane and place.
    """
    by_lane: dict[int, list[WebDefect]] = {}
    for defect in defects:
        by_lane.setdefault(defect.lane or 0, []).append(defect)
    lanes = sorted(by_lane.items())
    return [
        crowd.fault
        for rule in settings.rules
        for lane, of_lane in lanes
        for crowd in _crowded(rule, lane, sorted(_places(rule, of_lane)), widths_mm)
    ]


class RecentDensity:
    """The same while the web runs: told each defect once or as often as it changes, it tells what that makes crowded.

    Keeps so many of each lane's latest defects as could still make a window crowded, and no more, whatever the roll's
    length. Defects may come out of order by as much as is kept.
    """

    def __init__(self, settings: DensitySettings) -> None:
        self._kept = [(rule, dict[int, _Latest]()) for rule in settings.rules]

    def take(self, defects: Iterable[WebDefect], widths_mm: Mapping[int, float]) -> list[Crowd]:
        """Take new and changed defects; return the crowded stretches that they lie in, as far as these are known."""
        return [crowd for defect in defects for crowd in self._taken(defect, widths_mm)]

    def _taken(self, defect: WebDefect, widths_mm: Mapping[int, float]) -> Iterator[Crowd]:
        lane = defect.lane or 0
        for rule, latest_of in self._kept:
            needed = rule.needed(_width(widths_mm, lane))
            if needed is not None and rule.concerns(defect):
                near = latest_of.setdefault(lane, _Latest()).with_(_place(defect), needed)
                yield from _crowded(rule, lane, near, widths_mm)


class _Latest:
    """A lane's latest defects that one rule counts."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._where: dict[PieceId, _Place] = {}

    def with_(self, place: _Place, needed: int) -> list[_Place]:
        """Add one, or put it where it is now; return those near it that may make a window with it."""
        identity = place[2]
        if before := self._where.get(identity):
            del self._places[bisect_left(self._places, before)]
        self._where[identity] = place
        insort(self._places, place)
        while len(self._places) > 4 * needed:
            del self._where[self._places.pop(0)[2]]
        at = bisect_left(self._places, place)
        return self._places[max(at - needed + 1, 0) : at + needed]


def _crowded(rule: DensityRule, lane: int, places: Sequence[_Place], widths_mm: Mapping[int, float]) -> list[Crowd]:
    """Find the crowded stretches of one lane by one rule; `places` in order."""
    needed = rule.needed(_width(widths_mm, lane))
    if needed is None or len(places) < needed:
        return []
    begins = np.array([begin for begin, _, _ in places])
    runs = _rows(begins, rule.within_mm) if rule.measure == "in_a_row" else _windows(begins, rule.within_mm, needed)
    return [_crowd(rule, lane, places[first:after]) for first, after in runs if after - first >= needed]


def _rows(begins_mm: Reals, within_mm: float) -> list[tuple[int, int]]:
    """Cut places into rows, each near the one before; first and one past the last of each."""
    cuts = np.flatnonzero(np.diff(begins_mm) > within_mm) + 1
    ends = [0, *cuts.tolist(), len(begins_mm)]
    return list(pairwise(ends))


def _windows(begins_mm: Reals, within_mm: float, needed: int) -> list[tuple[int, int]]:
    """Lay a window at each place; those that hold `needed` are joined where they overlap."""
    full = np.flatnonzero(begins_mm[needed - 1 :] - begins_mm[: len(begins_mm) - needed + 1] <= within_mm)
    if not len(full):
        return []
    cuts = np.flatnonzero(np.diff(full) >= needed)
    firsts, lasts = full[np.concatenate([[0], cuts + 1])], full[np.append(cuts, len(full) - 1)] + needed
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _crowd(rule: DensityRule, lane: int, places: Sequence[_Place]) -> Crowd:
    return Crowd(rule, lane or None, places[0][0], max(end for _, end, _ in places), len(places))


def _places(rule: DensityRule, defects: Iterable[WebDefect]) -> Iterator[_Place]:
    return (_place(defect) for defect in defects if rule.concerns(defect))


def _place(defect: WebDefect) -> _Place:
    return defect.from_mm, defect.to_mm, defect.identity


def _width(widths_mm: Mapping[int, float], lane: int) -> float | None:
    """A lane's width, else the narrowest of all: that finds more, not less."""
    return widths_mm.get(lane, min(widths_mm.values(), default=None)) if lane else None
