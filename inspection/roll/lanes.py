"""Lanes: where a product's lanes are to lie on the web, and how far they may be off.

The plan numbers lanes over the whole web, so that what a second camera sees is not lane 1 again. Without a plan lanes
are numbered as a frame shows them. A tolerance needs a plan to be about: nothing is compared with what nobody told.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from inspection.defect import Severity
from inspection.errors import RecipeError


@dataclass(frozen=True)
class PlannedLane:
    """Where one lane is to lie: its left edge, and its right edge or its width.

    Attributes
    ----------
    left_mm : float
        From the operator side.
    right_mm, width_mm : float, optional
        One of the two.

    Raises
    ------
    RecipeError
        Neither or both are told, or the lane has no width.
    """

    left_mm: float
    right_mm: float | None = None
    width_mm: float | None = None

    def __post_init__(self) -> None:
        if (self.right_mm is None) == (self.width_mm is None):
            raise RecipeError(
                f"expected right_mm or width_mm for the lane at {self.left_mm} mm, "
                f"got {'neither' if self.right_mm is None else 'both'}: give one of them"
            )
        left, right = self.edges_mm
        if not (math.isfinite(left) and math.isfinite(right) and right > left):
            raise RecipeError(f"expected a lane that ends right of where it begins, got {left} to {right} mm")

    @property
    def edges_mm(self) -> tuple[float, float]:
        """Left and right edge, from the operator side."""
        return self.left_mm, self.left_mm + self.width_mm if self.width_mm is not None else self.right_mm or math.nan

    def overlap_mm(self, left_mm: float, right_mm: float) -> float:
        """How much of an interval lies in this lane; negative is the way to it."""
        own_left, own_right = self.edges_mm
        return min(own_right, right_mm) - max(own_left, left_mm)


@dataclass(frozen=True)
class Tolerance:
    """How far a measure may be from its nominal value to either side, and how bad it is beyond.

    Attributes
    ----------
    mm : float, optional
        Without it the measure is told and not judged.
    severity : Severity
        How bad it is beyond.
    """

    mm: float | None = None
    severity: Severity = Severity.MAJOR

    def __post_init__(self) -> None:
        _refuse_negative("a tolerance", self.mm)


@dataclass(frozen=True)
class WaveLimit:
    """How restless an edge may be.

    Attributes
    ----------
    largest_mm : float, optional
        Root mean square about its slow course; without it waviness is told and not judged.
    severity : Severity
        How bad it is beyond.
    """

    largest_mm: float | None = None
    severity: Severity = Severity.MINOR

    def __post_init__(self) -> None:
        _refuse_negative("largest_mm", self.largest_mm)


@dataclass(frozen=True)
class LengthTolerance:
    """How long something along the web is to be, and how far off it may be to either side.

    Attributes
    ----------
    length_mm, tolerance_mm : float, optional
        What is wanted, and how much more or less may be; without them lengths are told and not judged.
    severity : Severity
        How bad it is beyond.
    """

    length_mm: float | None = None
    tolerance_mm: float | None = None
    severity: Severity = Severity.MAJOR

    def __post_init__(self) -> None:
        if (self.length_mm is None) != (self.tolerance_mm is None):
            raise RecipeError(
                f"expected length_mm and tolerance_mm together, got {self.length_mm} and {self.tolerance_mm}: give both"
            )
        _refuse_negative("length_mm", self.length_mm)
        _refuse_negative("tolerance_mm", self.tolerance_mm)


@dataclass(frozen=True)
class LaneSettings:
    """A product's lanes.

    Attributes
    ----------
    plan : tuple of PlannedLane
        From the operator side over the whole web; empty where nobody told.
    width, position, gap : Tolerance
        Of a lane's width, of each of its edges, and of the bare foil between neighbouring lanes.
    waviness : WaveLimit
        Of each edge.
    patch, skip : LengthTolerance
        Of the coated patches of skip coating, and of the bare foil between them along the web.
    off_plan : Severity
        How bad a lane is that overlaps none of the plan's.

    Raises
    ------
    RecipeError
        Lanes that overlap or stand in another order, or a tolerance for what there is no plan of.
    """

    plan: tuple[PlannedLane, ...] = ()
    width: Tolerance = field(default_factory=Tolerance)
    position: Tolerance = field(default_factory=Tolerance)
    gap: Tolerance = field(default_factory=Tolerance)
    waviness: WaveLimit = field(default_factory=WaveLimit)
    patch: LengthTolerance = field(default_factory=LengthTolerance)
    skip: LengthTolerance = field(default_factory=LengthTolerance)
    off_plan: Severity = Severity.MAJOR

    def __post_init__(self) -> None:
        for number, (one, other) in enumerate(pairwise(self.plan), 1):
            if (end := one.edges_mm[1]) > (begin := other.edges_mm[0]):
                raise RecipeError(
                    f"expected lanes apart, from the operator side, got lane {number} up to {end:g} mm and "
                    f"lane {number + 1} from {begin:g} mm: they overlap"
                )
        for name, least in (("width", 1), ("position", 1), ("gap", 2)):
            if getattr(self, name).mm is not None and len(self.plan) < least:
                raise RecipeError(
                    f"expected a lane plan with a tolerance of {name}, got {len(self.plan)} planned lanes: "
                    f"add [[lanes.plan]] with left_mm and width_mm"
                )

    def planned(self, lane: int) -> tuple[float, float] | None:
        """Where a lane is to have its edges; None where no plan tells."""
        return self.plan[lane - 1].edges_mm if 1 <= lane <= len(self.plan) else None

    def planned_gap_mm(self, lane: int) -> float | None:
        """How wide the foil between a lane and the next is to be; None where no plan tells."""
        this, following = self.planned(lane), self.planned(lane + 1)
        return following[0] - this[1] if this and following else None


def number_lanes(extents_mm: Sequence[tuple[float, float]], plan: Sequence[PlannedLane]) -> list[int]:
    """Number the lanes of one frame.

    Each is the planned lane that it shares most with, and no two are the same. A lane beyond that, which shares nothing
    with what is left of the plan, has a number after the plan's.

    Parameters
    ----------
    extents_mm : sequence of (float, float)
        Left and right edge of each, from the operator side.
    plan : sequence of PlannedLane
        Empty: numbers follow the order, from 1.
    """
    if not plan:
        return list(range(1, len(extents_mm) + 1))
    shared = [
        (lane.overlap_mm(*extent), place, number)
        for place, extent in enumerate(extents_mm)
        for number, lane in enumerate(plan, 1)
    ]
    numbers: dict[int, int] = {}
    for overlap, place, number in sorted(shared, key=lambda each: -each[0]):
        if overlap > 0 and place not in numbers and number not in numbers.values():
            numbers[place] = number
    beyond = iter(range(len(plan) + 1, len(plan) + len(extents_mm) + 1))
    return [numbers.get(place) or next(beyond) for place in range(len(extents_mm))]


def _refuse_negative(what: str, mm: float | None) -> None:
    if mm is not None and not (math.isfinite(mm) and mm >= 0):
        raise RecipeError(f"expected {what} of 0 mm or more, got {mm}: give a length")
