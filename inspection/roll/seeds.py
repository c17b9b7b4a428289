"""Seeds of periods: pairs of points that may be one turn of a roller apart, and how far chance explains them.

In:  strips of points, and what counts as regular.
Out: pairs that are followed by further marks turn by turn, with the chance that a turn meets an unrelated point.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from inspection.roll.strips import Reals, Strips, Wholes

_MOST_PAIRS = 1_000_000
"""Where points lie denser, only the nearest followers of each are tried as its next turn: long pitches are given up."""

_TURNS_AHEAD = 24
"""That many turns are followed before it is decided whether the whole series is worth following."""

_WORTH_FOLLOWING = 10.0
"""Marks before the pair may yet make a series sure; of chance there are hardly more than this to follow in vain."""

WIDE_TURNS = 20
"""So many turns are a neighbourhood along the web."""

_HIT, _MISS = 4.0, -2.3
"""Logarithms of the odds that a turn has a mark: for a true roller nine in ten, for chance at most one in sixty."""


@dataclass(frozen=True)
class Search:
    """What counts as regular; lengths in mm.

    Attributes
    ----------
    pitch_mm : tuple of float
        Smallest and largest.
    along_mm : float
        How far a mark may lie from where its turn wants it.
    across_mm : float
        How far from the mark before it.
    most_missed : int
        Turns without a mark, one behind the other, that do not end a series.
    least_marks : int
        From this number of marks on `expected_false` is the limit; of one mark less, a tenth of it.
    expected_false : float
        How many series that are none may be expected.
    windows : float
        How many times as much web as is given will be searched in all.
    """

    pitch_mm: tuple[float, float]
    along_mm: float
    across_mm: float
    most_missed: int
    least_marks: int
    expected_false: float
    windows: float = 1.0

    def allowed(self, marks: int) -> float:
        """How many false series of that many marks may be expected."""
        if marks >= self.least_marks:
            return self.expected_false
        return self.expected_false / 10 if marks >= max(self.least_marks - 1, 3) else 0.0


@dataclass(frozen=True, eq=False)
class Seeds:
    """Pairs of slots that may be one turn apart, followed for some turns.

    Attributes
    ----------
    first, second : ndarray of int64
        Those that go on a series which is followed anyway are left out.
    last, turns : ndarray of int64
        The last slot that was met, and its turn; the first is turn 0.
    hits : ndarray of int64
        Slots that were met, these two included.
    tried : int
        Pairs in all.
    """

    first: Wholes
    second: Wholes
    last: Wholes
    turns: Wholes
    hits: Wholes
    tried: int

    @classmethod
    def of(cls, strips: Strips, search: Search) -> Self:
        """Try all pairs whose distance may be a pitch."""
        first, second = _pairs(strips, search)
        tried = len(first)
        axis, across = strips.axis_mm, strips.across_mm
        before = strips.nearest(2 * axis[first] - axis[second], across[first], search.along_mm, search.across_mm)
        first, second = first[before < 0], second[before < 0]
        return cls(first, second, *_followed(strips, first, second, search), tried)

    def promising(self, strips: Strips, search: Search) -> Iterator[tuple[int, int, float]]:
        """Tell the first two points of what chance does not explain, the most regular first, and chance per turn."""
        pitch_mm = (strips.axis_mm[self.last] - strips.axis_mm[self.first]) / np.maximum(self.turns, 1)
        chance = self._chance(strips, pitch_mm, search.along_mm)
        expected = expected_false(self.tried * search.windows, self.turns, self.hits, chance)
        good = np.flatnonzero((self.hits >= 3) & (expected <= _WORTH_FOLLOWING))
        per_mm = odds(self.turns[good], self.hits[good]) / (self.turns[good] * pitch_mm[good])
        for seed in good[np.argsort(-per_mm, kind="stable")]:
            first, second = strips.point[[self.first[seed], self.second[seed]]]
            yield int(first), int(second), float(chance[seed])

    def _chance(self, strips: Strips, pitch_mm: Reals, along_mm: float) -> Reals:
        """Probability that an unrelated point lies where a turn wants a mark, by the densest of what is around."""
        begin, end = strips.axis_mm[self.first], strips.axis_mm[self.last]
        densest = strips.around_per_mm[self.first] - 2 * self.hits / (21 * max(strips.length_mm, 1.0))
        densest = np.maximum(densest, 1 / (21 * max(strips.length_mm, 1.0)))
        for turns in (1, WIDE_TURNS):
            others = strips.between(self.first, begin - turns * pitch_mm, end + turns * pitch_mm) - self.hits
            densest = np.maximum(densest, others / np.minimum(end - begin + 2 * turns * pitch_mm, strips.length_mm))
        return np.asarray(-np.expm1(-densest * along_mm))  # half the strip is near enough across: 2 x along / 2


def _pairs(strips: Strips, search: Search) -> tuple[Wholes, Wholes]:
    """All pairs whose distance may be a pitch; of too many, those nearest to each other."""
    shortest, longest = search.pitch_mm
    begin = np.searchsorted(strips.axis_mm, strips.axis_mm + shortest)
    count = np.searchsorted(strips.axis_mm, strips.axis_mm + longest, side="right") - begin
    count = np.minimum(count, _most_followers(count))
    first = np.repeat(np.arange(len(count)), count)
    second = np.arange(len(first)) + np.repeat(begin - (np.cumsum(count) - count), count)
    near = np.abs(strips.across_mm[first] - strips.across_mm[second]) <= search.across_mm
    return first[near], second[near]


def _most_followers(count: Wholes) -> int:
    """How many followers each point may have, for the pairs to stay within their number."""
    most = int(count.max(initial=0))
    while most > 1 and np.minimum(count, most).sum() > _MOST_PAIRS:
        most = most * 3 // 4
    return most


def _followed(strips: Strips, first: Wholes, second: Wholes, search: Search) -> tuple[Wholes, Wholes, Wholes]:
    """Follow each pair turn by turn; return the last slot met, its turn, and how many were met."""
    last, turns, hits = second.copy(), np.ones(len(first), np.int64), np.full(len(first), 2)
    going, ahead = np.arange(len(first)), np.ones(len(first), np.int64)
    for _ in range(_TURNS_AHEAD):
        pitch_mm = (strips.axis_mm[last[going]] - strips.axis_mm[first[going]]) / turns[going]
        wanted_mm = strips.axis_mm[last[going]] + ahead * pitch_mm
        met = strips.nearest(wanted_mm, strips.across_mm[last[going]], search.along_mm, search.across_mm)
        hit = met >= 0
        last[going[hit]] = met[hit]
        turns[going[hit]] += ahead[hit]
        hits[going[hit]] += 1
        ahead = np.where(hit, 1, ahead + 1)
        on = ahead <= search.most_missed + 1
        going, ahead = going[on], ahead[on]
    return last, turns, hits


def expected_false(tried: float, turns: Wholes, hits: Wholes, chance: Reals) -> Reals:
    """How many such series unrelated points would make; those of any length are tried, which the second factor pays."""
    free, met = np.maximum(turns - 1, 1), np.maximum(hits - 2, 0)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, free.max(initial=1) + 1)))])
    ways = logs[free] - logs[met] - logs[free - met]
    return np.asarray(np.exp(np.log(max(tried, 1.0) * free * (free + 1)) + ways + met * np.log(chance)))


def odds(turns: Wholes, hits: Wholes) -> Reals:
    """Tell by how much a roller explains a series better than chance: only to choose among those that share points."""
    return np.asarray(_HIT * (hits - 1) + _MISS * (turns + 1 - hits))
