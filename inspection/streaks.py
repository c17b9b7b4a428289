"""Streaks: what stands out down the columns, each as wide as it is.

In:  column means and the streak filters' answers to them.
Out: a box for each streak, and how far it stands out.

Filters tell that there is a streak; how wide it is they tell badly, because they answer beyond its
flanks too. That is read from the plain means: its width at half its height.
"""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.averages import Averages
from inspection.expectation import PART_BANDS, Expectation, parts_in
from inspection.geometry import Box
from inspection.kernels.growing import grow
from inspection.kernels.profiles import keep_strongest
from inspection.kernels.reading import BAND_ROWS
from inspection.screening import SUM_TO_GL

_SEEN_SHARE = 0.3
"""A streak is seen where it is at least this strong, compared with where it is strongest; so is one beside it."""

_SURELY_SEEN_SHARE = 0.5
"""Beyond the parts where it is at least this strong it is followed from part to part: what is faint and apart from
them, before a faint streak begins or after it ended, may be noise."""

_FLANK_PX = 3
"""Columns on either side of a streak that belong to no other."""


class Streak(NamedTuple):
    """One line along the web.

    Attributes
    ----------
    box : Box
    over : float
        Its answer in multiples of the limit, signed.
    sum_gl : float
        Mean deviation of its columns in grey levels at gain 1, summed across it.
    """

    box: Box
    over: float
    sum_gl: float


class _Ridge(NamedTuple):
    """First and one past the last column of a streak, and its answer."""

    left: int
    right: int
    over: float


def find_streaks(rest: Averages, expectation: Expectation, weak_share: float) -> list[Streak]:
    """Columns that stand out over the whole height, then those that do so in parts of it.

    Parameters
    ----------
    rest : Averages
    expectation : Expectation
    weak_share : float
        Outline of what belongs together, as a share of the limit.
    """
    strongest = _strongest(rest)
    parts, found = len(strongest) - 1, list[Streak]()
    for rows in (slice(parts, None), slice(0, parts)):
        for extent in grow(strongest[rows], weak_share, 1, 1).extents.tolist():
            top, left, bottom, right = (extent[0] + rows.start, extent[1], extent[2] + rows.start, extent[3])
            for ridge in _ridges(rest, strongest, Box(top, left, bottom, right)):
                begin, end = _extent(strongest[:parts], ridge) if top == parts else (top, bottom)
                box = _part_box(expectation, begin, end, ridge)
                if not any(box.overlaps(longer.box) for longer in found):
                    total = float(rest.columns[begin:end, ridge.left : ridge.right].sum())
                    found.append(Streak(box, ridge.over, SUM_TO_GL * total / box.height))
    return found


def _strongest(rest: Averages) -> NDArray[np.float32]:
    """At each place the answer farthest from zero, shape (parts + 1, columns)."""
    first, *others = rest.profiles.values()
    strongest = first.copy()
    for other in others:
        keep_strongest(other, strongest)
    return strongest


def _ridges(rest: Averages, strongest: NDArray[np.float32], cells: Box) -> Iterator[_Ridge]:
    """Streaks side by side in one group, highest first, each down to half its height."""
    over = strongest[cells.window]
    over = over[np.abs(over).argmax(axis=0), np.arange(cells.width)]
    height = _height(rest, cells)
    left_over, highest = np.abs(height) * (np.abs(over) >= 1), 0.0
    while (peak := int(left_over.argmax())) >= 0 and left_over[peak] > _SEEN_SHARE * highest:
        highest = max(highest, float(left_over[peak]))
        begin, end = _half_height(height * np.sign(height[peak]), peak)
        answer = float(np.abs(over[begin:end]).max())
        yield _Ridge(cells.left + begin, cells.left + end, float(np.sign(height[peak])) * answer)
        left_over[max(begin - _FLANK_PX, 0) : end + _FLANK_PX] = 0


def _height(rest: Averages, cells: Box) -> NDArray[np.float32]:
    """Plain means of a group's columns, smoothed as widely as the filter that answers most."""
    width = max(rest.profiles, key=lambda width: float(np.abs(rest.profiles[width][cells.window]).max()))
    plain = rest.columns[cells.top : cells.bottom].sum(axis=0)
    smooth: NDArray[np.float32] = cv2.blur(plain[None], (width, 1), borderType=cv2.BORDER_REPLICATE)[0]
    return smooth[cells.left : cells.right]


def _half_height(height: NDArray[np.float32], peak: int) -> tuple[int, int]:
    """First and one past the last column around a peak that have half its height."""
    low = np.flatnonzero(height < height[peak] / 2)
    before, after = low[low < peak], low[low > peak]
    return int(before[-1]) + 1 if before.size else 0, int(after[0]) if after.size else len(height)


def _extent(parts: NDArray[np.float32], ridge: _Ridge) -> tuple[int, int]:
    """First and one past the last part of the frame in which a streak is seen."""
    along = (parts[:, ridge.left : ridge.right] * np.sign(ridge.over)).max(axis=1)
    if along.max() <= 0:
        # Seen in no part, only in all of them together.
        return 0, len(parts)
    surely = np.flatnonzero(along >= _SURELY_SEEN_SHARE * along.max())
    begin, end = int(surely[0]), int(surely[-1]) + 1
    while begin > 0 and along[begin - 1] >= _SEEN_SHARE * along.max():
        begin -= 1
    while end < len(along) and along[end] >= _SEEN_SHARE * along.max():
        end += 1
    return begin, end


def _part_box(expectation: Expectation, begin: int, end: int, ridge: _Ridge) -> Box:
    """Columns over some parts of the frame, in pixels; the last part takes the rows that are left."""
    rows, height = len(expectation.row_gain), PART_BANDS * BAND_ROWS
    bottom = rows if end == parts_in(len(expectation.states)) else end * height
    return Box(begin * height, ridge.left, bottom, ridge.right)
