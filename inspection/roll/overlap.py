"""Neighbouring cameras: whether their views leave no gap, and whether they agree on where the web lies.

In:  views of the cameras of one side, and the lane edges that two of them saw, metre by metre.
Out: gaps between views; by how much two cameras differ on the place of the same edges.

What two cameras see of the same lane edge in the same metre is the same edge: where its places differ all along the
roll, the offset of one of them is wrong, by as much.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, Literal

from inspection.geometry import View
from inspection.roll.lengths import merged

SAME_PLACE_MM: Final = 1.0
"""Edges are measured to 0.05 mm, and two cameras' lines stand a few tenths askew at most. Beyond a millimetre defects
in the overlap lie apart that are one."""

WIDEST_SEAM_MM: Final = 0.1
"""Two pixels of the usual size: offsets are given in tenths."""

_LARGEST_ERROR_MM: Final = 20.0
"""Views that overlap by so much less than told still have edges compared; lanes lie farther apart."""


@dataclass(frozen=True)
class Edge:
    """A lane's edge as one camera saw it.

    Attributes
    ----------
    metre : int
        Along the web.
    rim : {"left", "right"}
        Of the lane.
    cross_mm : float
        Mean of the metre, from the operator side.
    """

    metre: int
    rim: Literal["left", "right"]
    cross_mm: float


@dataclass(frozen=True)
class Difference:
    """By how much the second of two cameras sees the same edges farther from the operator side.

    Attributes
    ----------
    by_mm : float
        Median; negative: nearer.
    first_metre, last_metre : int
        Where both saw the edges.
    """

    by_mm: float
    first_metre: int
    last_metre: int


def overlap(first: View, second: View) -> tuple[float, float] | None:
    """Tell where two views overlap across the web, in mm; None where they do not."""
    left, right = max(first.left_mm, second.left_mm), min(first.right_mm, second.right_mm)
    return (left, right) if first.side == second.side and left < right else None


def around(overlap_mm: tuple[float, float]) -> tuple[float, float]:
    """Widen an overlap to where the edges may seem to lie that are in it."""
    return overlap_mm[0] - _LARGEST_ERROR_MM, overlap_mm[1] + _LARGEST_ERROR_MM


def difference(first: Iterable[Edge], second: Iterable[Edge], overlap_mm: tuple[float, float]) -> Difference | None:
    """Compare the edges that two cameras saw; None where they saw none in common.

    Edges are the same that are each other's nearest, where at least one of them lies in the overlap.

    Parameters
    ----------
    first, second : iterable of Edge
        Those of each camera in and around the overlap.
    overlap_mm : tuple of (float, float)
    """
    of_first, of_second = _by_metre(first), _by_metre(second)
    shared = sorted(of_first.keys() & of_second.keys())
    found = {place: _differences(of_first[place], of_second[place], overlap_mm) for place in shared}
    metres = [metre for (metre, _), differences in found.items() if differences]
    if not metres:
        return None
    return Difference(median(each for differences in found.values() for each in differences), metres[0], metres[-1])


def _by_metre(edges: Iterable[Edge]) -> Mapping[tuple[int, str], list[float]]:
    places: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    for edge in edges:
        places[edge.metre, edge.rim].append(edge.cross_mm)
    return places


def _differences(first: Sequence[float], second: Sequence[float], overlap_mm: tuple[float, float]) -> list[float]:
    pairs = [(place, _nearest(second, place)) for place in first]
    same = [(a, b) for a, b in pairs if _nearest(first, b) == a]
    return [b - a for a, b in same if any(overlap_mm[0] <= place <= overlap_mm[1] for place in (a, b))]


def _nearest(places: Sequence[float], place: float) -> float:
    return min(places, key=lambda each: abs(each - place))


def gaps(views: Iterable[View], lanes_mm: tuple[float, float]) -> list[tuple[float, float]]:
    """List what lies between the views of one side and within the lanes seen, in mm across the web.

    Parameters
    ----------
    views : iterable of View
        All of one side.
    lanes_mm : tuple of (float, float)
        From the first lane's outer edge to that of the last.
    """
    seen = merged((view.left_mm, view.right_mm) for view in views)
    between = [(max(a[1], lanes_mm[0]), min(b[0], lanes_mm[1])) for a, b in pairwise(seen)]
    return [(left, right) for left, right in between if right - left > WIDEST_SEAM_MM]
