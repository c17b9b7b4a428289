"""Flat field: what light reaches each column and each row.

In:  a frame's pixels, and some windows that lie well inside the lanes, with what is expected there.
Out: the lamp's level, each lane's level, and one gain per row.

Columns differ by lamp shade and sensor gain; both multiply, and are divided out (EMVA 1288,
spatial non-uniformity). Rows differ by lamp flicker: a robust average over the windows,
trusted only within a few percent. Beyond that a row stays as it is, or a bare stripe across
the web would be corrected away.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.frame import Pixels
from inspection.kernels.robust import median, row_medians
from inspection.kernels.rows import agreed_row_gain, window_row_sums

WINDOW_COLUMNS = 32
"""Width of one window: sixteen of them make a row's mean over twenty times quieter than a pixel."""

ROWS_PER_LEVEL_SAMPLE = 8

_DARKEST = 1e-3
"""A dead lamp counts as this: frame checks hold the frame, and nothing is divided by zero."""


@dataclass(frozen=True)
class FlatFieldSettings:
    """How much line flicker may be corrected.

    Attributes
    ----------
    largest_flicker : float
        Row gains beyond 1 +- this are not corrected but inspected as they are.
    """

    largest_flicker: Annotated[float, Interval(ge=0, le=0.2)] = 0.03


@dataclass(frozen=True, eq=False)
class Windows:
    """Places inside the lanes that speak for the light.

    Attributes
    ----------
    lefts : ndarray of shape (windows,), int64
        First columns.
    lanes : ndarray of shape (windows,), int64
        Index of the lane each window lies in, from 0.
    expected : ndarray of shape (windows,), float64
        Sum of one row of each window over calibrated coating, in grey levels.
    width : int
        Columns in a window.
    """

    lefts: NDArray[np.int64]
    lanes: NDArray[np.int64]
    expected: NDArray[np.float64]
    width: int


@dataclass(frozen=True, eq=False)
class Light:
    """The light in one frame, relative to the calibration.

    Attributes
    ----------
    level : float
        Lamp level; 1 is as calibrated.
    lane_levels : ndarray of shape (lanes,), float64
        Level of each lane's coating relative to `level`.
    row_gain : ndarray of shape (rows,), float32
        Gain of each row, 1 where it is beyond what may be corrected.
    ratios : ndarray of shape (windows, rows), float32
        Each window's row mean over what is expected of coating there.
    """

    level: float
    lane_levels: NDArray[np.float64]
    row_gain: NDArray[np.float32]
    ratios: NDArray[np.float32]


def place_windows(lanes_px: NDArray[np.float64], coating_gl: NDArray[np.float32], windows: int = 16) -> Windows:
    """Spread windows evenly over the lanes, a twentieth of the lane's width away from its edges.

    Parameters
    ----------
    lanes_px : ndarray of shape (lanes, 2)
        Left and right edge of each lane.
    coating_gl : ndarray of shape (columns,)
        Calibrated grey level of coating.
    windows : int
        How many in all; each lane gets at least two.
    """
    each, width = max(windows // len(lanes_px), 2), min(WINDOW_COLUMNS, len(coating_gl))
    lefts = np.concatenate([_spread(left, right, each) for left, right in lanes_px])
    expected = np.array([max(coating_gl[left : left + width].sum(dtype=np.float64), _DARKEST) for left in lefts])
    return Windows(lefts, np.repeat(np.arange(len(lanes_px)), each), expected, width)


def _spread(left: float, right: float, count: int) -> NDArray[np.int64]:
    """First columns; whole multiples of the width, so that a window touches one cache line, not two."""
    margin = (right - left) / 20
    first, last = left + margin, right - margin - WINDOW_COLUMNS
    if last - first < 2 * WINDOW_COLUMNS:
        return np.linspace(min(first, max(last, left)), max(last, left), count).astype(np.int64)
    columns = np.linspace(first + WINDOW_COLUMNS / 2, last - WINDOW_COLUMNS / 2, count)
    return (np.rint(columns / WINDOW_COLUMNS) * WINDOW_COLUMNS).astype(np.int64)


def measure_light(pixels: Pixels, windows: Windows, settings: FlatFieldSettings) -> Light:
    """Measure level and row gains of one frame.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    windows : Windows
    settings : FlatFieldSettings
    """
    sums = window_row_sums(pixels, windows.lefts, windows.width)
    ratios = sums * (1 / windows.expected).astype(np.float32)[:, None]
    window_levels = row_medians(ratios[:, ::ROWS_PER_LEVEL_SAMPLE]).astype(np.float32)
    lane_levels = np.array([median(window_levels[windows.lanes == n]) for n in range(windows.lanes[-1] + 1)])
    level = max(median(window_levels), _DARKEST)
    row_gain = agreed_row_gain(ratios, window_levels, settings.largest_flicker)
    return Light(level, lane_levels / level, row_gain, ratios)
