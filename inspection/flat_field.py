"""Flat field: what light reaches each column and each row.

In:  a frame's pixels, the grey level expected of coating in each column, and some windows that
     lie well inside the lanes.
Out: the lamp's level, each lane's level, and one gain per row.

Columns differ by lamp shade and sensor gain; both multiply, and are divided out (EMVA 1288,
spatial non-uniformity). Rows differ by lamp flicker: a robust average over the windows,
trusted only within a few percent. Beyond that a row stays as it is, or a bare stripe across
the web would be corrected away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.frame import Pixels
from inspection.kernels import window_row_sums

WINDOW_COLUMNS = 64
"""Width of one window: its mean is eight times quieter than a pixel."""

ROWS_PER_LEVEL_SAMPLE = 8


@dataclass(frozen=True)
class FlatFieldSettings:
    """How much line flicker may be corrected.

    Attributes
    ----------
    largest_flicker : float
        Row gains beyond 1 +- this are not corrected but inspected as they are.
    """

    largest_flicker: float = 0.03


@dataclass(frozen=True, eq=False)
class Windows:
    """Places inside the lanes that speak for the light.

    Attributes
    ----------
    lefts : ndarray of shape (windows,), int64
        First columns.
    lanes : ndarray of shape (windows,), int64
        Index of the lane each window lies in, from 0.
    """

    lefts: NDArray[np.int64]
    lanes: NDArray[np.int64]


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


def place_windows(lanes_px: NDArray[np.float64], windows: int = 16) -> Windows:
    """Spread windows evenly over the lanes, a twentieth of the lane's width away from its edges.

    Parameters
    ----------
    lanes_px : ndarray of shape (lanes, 2)
        Left and right edge of each lane.
    windows : int
        How many in all; each lane gets at least two.
    """
    each = max(windows // len(lanes_px), 2)
    lefts = [_spread(left, right, each) for left, right in lanes_px]
    return Windows(np.concatenate(lefts), np.repeat(np.arange(len(lanes_px)), each))


def _spread(left: float, right: float, count: int) -> NDArray[np.int64]:
    margin = (right - left) / 20
    last = max(right - margin - WINDOW_COLUMNS, left)
    return np.linspace(min(left + margin, last), last, count).astype(np.int64)


def measure_light(
    pixels: Pixels, coating_gl: NDArray[np.float32], windows: Windows, settings: FlatFieldSettings
) -> Light:
    """Measure level and row gains of one frame.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    coating_gl : ndarray of shape (columns,)
        Calibrated grey level of coating.
    windows : Windows
    settings : FlatFieldSettings
    """
    width = min(WINDOW_COLUMNS, pixels.shape[1])
    sums = window_row_sums(pixels, windows.lefts, width)
    cumulated = np.concatenate([[0.0], np.cumsum(coating_gl, dtype=np.float64)])
    expected = cumulated[windows.lefts + width] - cumulated[windows.lefts]
    ratios = sums * (1 / expected).astype(np.float32)[:, None]
    window_levels = np.median(ratios[:, ::ROWS_PER_LEVEL_SAMPLE], axis=1)
    lane_levels = np.array([np.median(window_levels[windows.lanes == n]) for n in range(windows.lanes[-1] + 1)])
    level = float(np.median(window_levels))
    relative = ratios * (1 / window_levels).astype(np.float32)[:, None]
    return Light(level, lane_levels / level, _row_gain(relative, settings.largest_flicker), ratios)


def _row_gain(relative: NDArray[np.float32], largest_flicker: float) -> NDArray[np.float32]:
    """Mean over the windows that agree with the frame; 1 where fewer than half of them do."""
    deviation = relative - np.float32(1)
    agreeing = np.abs(deviation) <= largest_flicker
    count = agreeing.sum(axis=0)
    mean = np.einsum("ij,ij->j", deviation, agreeing) / np.maximum(count, 1)
    gain: NDArray[np.float32] = np.where(2 * count >= len(relative), 1 + mean, 1).astype(np.float32)
    return gain
