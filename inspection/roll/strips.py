"""Strips: points of the web sorted by where they lie across, so that what follows along the web is found fast.

Strips are four tolerances wide and begin every two, so that whatever lies within a tolerance of one line is
together in at least one of them; each point is in two. All strips lie one behind the other on one axis, which makes
a search in all of them one sorted search.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.float64]
Wholes: TypeAlias = NDArray[np.int64]

_AROUND = 10
"""Strips to either side that tell how dense unrelated points are."""


@dataclass(frozen=True, eq=False)
class Strips:
    """Points in their strips; `slots` count them, each point twice.

    Attributes
    ----------
    axis_mm : ndarray of float64, ascending
        Where a slot lies along its strip, all strips one behind the other.
    across_mm : ndarray of float64
    point : ndarray of int64
        Which of the points it is.
    first, last : ndarray of int64
        First slot of the same strip, and one past its last.
    around_per_mm : ndarray of float64
        Points per mm of web in a strip as wide as this one, by how many lie in the strips around it.
    length_mm : float
        From the first point of all to the last.
    """

    axis_mm: Reals
    across_mm: Reals
    point: Wholes
    first: Wholes
    last: Wholes
    around_per_mm: Reals
    length_mm: float

    @classmethod
    def of(cls, down_mm: Reals, cross_mm: Reals, tolerance_mm: float, apart_mm: float) -> Self:
        """Sort points into strips.

        Parameters
        ----------
        down_mm, cross_mm : ndarray of shape (points,), float64
        tolerance_mm : float
            A quarter of a strip's width.
        apart_mm : float
            Strips lie that far apart on the axis: no search may reach from one into the next.
        """
        lower = np.floor(cross_mm / (2 * tolerance_mm)).astype(np.int64)
        strip, point = np.concatenate([lower, lower - 1]), np.tile(np.arange(len(down_mm)), 2)
        order = np.lexsort((down_mm[point], strip))
        strip, point = strip[order], point[order]
        begins = np.flatnonzero(np.diff(strip, prepend=strip[0] - 1))
        rank = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(strip)))
        length = float(np.ptp(down_mm))
        return cls(
            axis_mm=rank * (length + apart_mm) + down_mm[point] - down_mm.min(),
            across_mm=cross_mm[point],
            point=point,
            first=begins[rank],
            last=np.append(begins[1:], len(strip))[rank],
            around_per_mm=_around(strip, begins, length)[rank],
            length_mm=length,
        )

    def between(self, slots: Wholes, low_mm: Reals, high_mm: Reals) -> Wholes:
        """Count the points of each slot's strip from one place to another."""
        low = np.clip(np.searchsorted(self.axis_mm, low_mm), self.first[slots], self.last[slots])
        high = np.clip(np.searchsorted(self.axis_mm, high_mm, side="right"), self.first[slots], self.last[slots])
        return np.asarray(high - low)

    def nearest(self, wanted_mm: Reals, across_mm: Reals, within_mm: float, beside_mm: float) -> Wholes:
        """Find the slot nearest to each wanted place of the axis; -1 where none is near enough along and across."""
        after = np.searchsorted(self.axis_mm, wanted_mm)
        best, miss = np.full(len(wanted_mm), -1), np.full(len(wanted_mm), within_mm)
        for slot in (after - 1, np.minimum(after, len(self.axis_mm) - 1)):
            off = np.abs(self.axis_mm[slot] - wanted_mm)
            good = (slot >= 0) & (off <= miss) & (np.abs(self.across_mm[slot] - across_mm) <= beside_mm)
            best[good], miss[good] = slot[good], off[good]
        return best


def _around(strip: Wholes, begins: Wholes, length_mm: float) -> Reals:
    """Points per mm in each strip by the strips around it; one more than were seen, so that none is ever sure."""
    names, counts = strip[begins], np.diff(begins, append=len(strip))
    before = np.concatenate([[0], np.cumsum(counts)])
    low, high = np.searchsorted(names, names - _AROUND), np.searchsorted(names, names + _AROUND, side="right")
    return np.asarray((before[high] - before[low] + 1) / ((2 * _AROUND + 1) * max(length_mm, 1.0)))
