"""Periods: points of the web that follow each other at one distance, too regularly for chance.

In:  where points lie along and across the web.
Out: series of them, each with its pitch and how many like it unrelated points would make.

Any two points may be one turn of a roller apart. From each such pair the series is followed turn by turn, over some
turns without a mark. Whether to believe it is an a-contrario test (Desolneux, Moisan & Morel, "Meaningful alignments",
IJCV 40(1), 2000): were the points unrelated, Poisson with the density that they have there, a further turn would meet
one with probability p, whatever came before it. `k` hits in `K` further turns then come about in at most
C(K, k) p^k of all pairs, and how many pairs were tried is known. Their product is the expected number of such
series on this web, and is what a limit is set to.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.roll.seeds import WIDE_TURNS, Search, Seeds, expected_false, odds
from inspection.roll.strips import Reals, Strips, Wholes

_ROUNDS = 6
"""Series taken away may uncover others that share their place across the web."""


@dataclass(frozen=True, eq=False)
class Series:
    """Points that follow each other turn by turn.

    Attributes
    ----------
    points : tuple of int
        Which of the given points, along the web.
    turns : tuple of int
        The turn of each; the first is turn 0.
    pitch_mm, pitch_error_mm : float
        Slope of the positions over the turns, and its standard error.
    expected_false : float
        How many like it unrelated points would make.
    """

    points: tuple[int, ...]
    turns: tuple[int, ...]
    pitch_mm: float
    pitch_error_mm: float
    expected_false: float


def find_series(down_mm: Reals, cross_mm: Reals, search: Search) -> list[Series]:
    """Find all series that chance does not explain, the surest kind of each first.

    Parameters
    ----------
    down_mm : ndarray of shape (points,), float64, ascending
    cross_mm : ndarray of shape (points,), float64
    search : Search
    """
    found: list[Series] = []
    free = np.ones(len(down_mm), dtype=bool)
    for _ in range(_ROUNDS):
        more = _one_round(down_mm, cross_mm, free, search)
        if not more:
            break
        found += more
    return found


def _one_round(down_mm: Reals, cross_mm: Reals, free: NDArray[np.bool_], search: Search) -> list[Series]:
    """Find the series among the free points; their points are free no longer."""
    left = np.flatnonzero(free)
    if len(left) < 3:
        return []
    reach_mm = (search.most_missed + 3) * search.pitch_mm[1]
    strips = Strips.of(down_mm[left], cross_mm[left], search.across_mm, reach_mm)
    seeds = Seeds.of(strips, search)
    line = _Line(down_mm.tolist(), cross_mm.tolist(), free, search)
    found = []
    for first, second, chance in seeds.promising(strips, search):
        series = line.series(int(left[first]), int(left[second]), chance, seeds.tried)
        if series:
            free[list(series.points)] = False
            found.append(series)
    return found


class _Line:
    """All points along the web: one series is followed to both its ends here."""

    def __init__(self, down_mm: list[float], cross_mm: list[float], free: NDArray[np.bool_], search: Search) -> None:
        self._down_mm, self._cross_mm, self._free, self._search = down_mm, cross_mm, free, search

    def series(self, first: int, second: int, chance: float, tried: int) -> Series | None:
        """Follow a pair both ways; None where chance explains what comes of it, or its points are taken."""
        if not (self._free[first] and self._free[second]):
            return None
        met = [(first, 0), (second, 1)]
        self._follow(met, 1)
        met.reverse()
        self._follow(met, -1)
        met = _fundamental(met[::-1])
        points, turns = [point for point, _ in met], np.array([turn for _, turn in met])
        turns = (turns - turns[0]) // max(int(np.gcd.reduce(turns - turns[0])), 1)
        marks, all_turns = np.array([len(points)]), turns[-1:]
        expected = float(expected_false(tried * self._search.windows, all_turns, marks, np.array([chance]))[0])
        if expected > self._search.allowed(len(points)):
            return None
        pitch_mm, error_mm = _slope(turns, np.array([self._down_mm[point] for point in points]))
        return Series(tuple(points), tuple(turns.tolist()), pitch_mm, error_mm, expected)

    def _follow(self, met: list[tuple[int, int]], step: int) -> None:
        """Append what is met turn by turn, until too many turns are missed."""
        ahead = 1
        while ahead <= self._search.most_missed + 1:
            (last, turn), (back, back_turn) = met[-1], met[max(-WIDE_TURNS, -len(met))]
            pitch_mm = (self._down_mm[last] - self._down_mm[back]) / (turn - back_turn)
            point = self._nearest(self._down_mm[last] + ahead * step * pitch_mm, self._cross_mm[last])
            if point is None:
                ahead += 1
            else:
                met.append((point, turn + ahead * step))
                ahead = 1

    def _nearest(self, wanted_mm: float, cross_mm: float) -> int | None:
        along_mm, across_mm = self._search.along_mm, self._search.across_mm
        low = bisect_left(self._down_mm, wanted_mm - along_mm)
        high = bisect_right(self._down_mm, wanted_mm + along_mm)
        near = [
            point
            for point in range(low, high)
            if self._free[point] and abs(self._cross_mm[point] - cross_mm) <= across_mm
        ]
        return min(near, key=lambda point: abs(self._down_mm[point] - wanted_mm), default=None)


def _fundamental(met: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take every second, third, ... turn alone where that is likelier: the rest was met by chance."""
    choices = [met]
    for every in range(2, 7):
        for phase in range(every):
            part = [(point, turn) for point, turn in met if turn % every == phase]
            if len(part) >= 3:
                choices.append(part)
    return max(choices, key=_odds_of)


def _odds_of(met: list[tuple[int, int]]) -> float:
    turns = np.array([turn for _, turn in met])
    step = int(np.gcd.reduce(turns - turns[0]))
    return float(odds((turns[-1:] - turns[0]) // step, np.array([len(met)]))[0])


_LEAST_SCATTER_MM = 0.02
"""Three marks may lie on a line by luck; no position is better than this."""


def _slope(turns: Wholes, down_mm: Reals) -> tuple[float, float]:
    """Regression of positions on turns: the slope and its standard error."""
    about, middle = turns - turns.mean(), down_mm.mean()
    squares = float((about**2).sum())
    slope = float((about * (down_mm - middle)).sum()) / squares
    rest = down_mm - middle - slope * about
    scatter = max(float(np.sqrt((rest**2).sum() / (len(turns) - 2))), _LEAST_SCATTER_MM)
    return slope, scatter / float(np.sqrt(squares))
