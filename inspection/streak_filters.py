"""Streak filters: what a line along the web is told by, in the grain of one product.

In:  how column means of a clean web vary together from one column to the next.
Out: one filter for each width of streak.

In white noise a streak of `w` columns is best found by the plain mean over them. Grain is not
white: neighbouring columns share it, and the coarser it is, the more the flanks of a streak say
about it that its middle does not. The filter R^-1 s weighs the columns by the covariance R of the
noise and the looks s of the streak (prewhitened matched filter; Turin, IRE Trans. IT-6, 1960).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTHS_PX: Final = (2, 4, 7, 12)
"""Widths of streaks that are looked for; those between are found by their neighbours' filters."""

REACH_PX: Final = 10
"""Columns on either side of a filter's own."""

_FLANK = np.convolve([1, 1, 1], [1, 2, 1]) / 12
"""The rim of every streak: the 3x3 means of screening, and a lens at its best."""

_WHITE_SHARE = 0.05
"""White noise that every product has at least: without it a filter fits one exact width and misses the next."""


def plain_filters() -> NDArray[np.float32]:
    """Means over each width: for noise of which nothing is known yet.

    Returns
    -------
    ndarray of shape (widths, 2 * REACH_PX + 1), float32
    """
    filters: NDArray[np.float32] = np.stack([_box(width) / width for width in WIDTHS_PX]).astype(np.float32)
    return filters


def matched_filters(covariance: NDArray[np.float64]) -> NDArray[np.float32]:
    """Filters for noise of that covariance; each answers 1 to a streak of its own width and height 1.

    Parameters
    ----------
    covariance : ndarray of shape (2 * REACH_PX + 1,)
        Of the means of two columns, by their distance.

    Returns
    -------
    ndarray of shape (widths, 2 * REACH_PX + 1), float32
    """
    distance = np.abs(np.subtract.outer(np.arange(len(covariance)), np.arange(len(covariance))))
    noise = _positive(covariance[distance] + _WHITE_SHARE * covariance[0] * np.eye(len(covariance)))
    looks = np.stack([np.convolve(_box(width), _FLANK, mode="same") for width in WIDTHS_PX])
    filters = np.linalg.solve(noise, looks.T).T
    scaled: NDArray[np.float32] = (filters / (filters * looks).sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


def _positive(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest matrix that noise can have: a covariance estimated lag by lag may have negative eigenvalues.

    Higham, Computing a nearest symmetric positive semidefinite matrix, Linear Algebra Appl. 103 (1988).
    """
    values, vectors = np.linalg.eigh(noise)
    lowest = _WHITE_SHARE * noise[0, 0]
    raised: NDArray[np.float64] = (vectors * np.maximum(values, lowest)) @ vectors.T
    return raised


def covariance(means: Sequence[NDArray[np.float32]]) -> NDArray[np.float64] | None:
    """Covariance of neighbouring columns by their distance, None where too little was judged.

    The median over frames, so that the streaks in a few of them do not count.

    Parameters
    ----------
    means : sequence of ndarray of shape (columns,)
        Column means of one frame each around zero, NaN where not judged.
    """
    distances = range(2 * REACH_PX + 1)
    rows = [_products(of_frame, distances) for of_frame in means if _longest_run(of_frame) > 2 * REACH_PX]
    if not rows:
        return None
    found: NDArray[np.float64] = np.median(rows, axis=0)
    return found if found[0] > 0 else None


def _longest_run(means: NDArray[np.float32]) -> int:
    """Judged columns side by side: only such a run holds pairs at every distance."""
    ends = np.flatnonzero(np.diff(np.isfinite(means), prepend=False, append=False))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _products(means: NDArray[np.float32], distances: range) -> list[float]:
    return [float(np.nanmean(means[: len(means) - distance] * means[distance:])) for distance in distances]


def _box(width: int) -> NDArray[np.float64]:
    """A streak in the middle; half a column at either end of an even one."""
    columns = np.abs(np.arange(-REACH_PX, REACH_PX + 1))
    return np.clip((width + 1) / 2 - columns, 0, 1)
