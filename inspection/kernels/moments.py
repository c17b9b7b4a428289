"""Second moments of a region: the ellipse that has the same, its axes and its direction."""

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled


@compiled
def axes_of(moments, axes):  # type: ignore[no-untyped-def]
    """Write the full axes in pixels of the ellipse with these moments, and its direction in degrees.

    Parameters
    ----------
    moments : ndarray of shape (6,), float64
        Sums over the pixels: 1, row, column, row squared, column squared, row times column.
    axes : ndarray of shape (3,), float64, written
        Longer, shorter, and the direction of the longer from 0, across the web, to 180; 90 runs down it.
    """
    mass, down, cross = moments[0], moments[1] / moments[0], moments[2] / moments[0]
    # A pixel is a square, not a point: it has a second moment of its own.
    down_down, cross_cross = moments[3] / mass - down * down + 1 / 12, moments[4] / mass - cross * cross + 1 / 12
    down_cross = moments[5] / mass - down * cross
    middle = (down_down + cross_cross) / 2
    spread = np.hypot((cross_cross - down_down) / 2, down_cross)
    axes[0] = 4 * np.sqrt(middle + spread)
    axes[1] = 4 * np.sqrt(max(middle - spread, 1 / 12))
    axes[2] = 0.5 * np.degrees(np.arctan2(2 * down_cross, cross_cross - down_down)) % 180


@compiled
def add_run(row, begin, end, moments):  # type: ignore[no-untyped-def]
    """Add the pixels [begin, end) of one row to the moments of `axes_of`."""
    count, y = float(end - begin), float(row)
    cross = count * (begin + end - 1) / 2
    moments[0] += count
    moments[1] += y * count
    moments[2] += cross
    moments[3] += y * y * count
    moments[4] += _squares_below(end) - _squares_below(begin)
    moments[5] += y * cross


@compiled
def _squares_below(n):  # type: ignore[no-untyped-def]
    return (n - 1.0) * n * (2.0 * n - 1.0) / 6.0


@compiled
def mask_axes(mask: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Axes and direction of a mask's pixels, as `axes_of` tells them.

    Parameters
    ----------
    mask : ndarray of shape (height, width), uint8
        1 on its pixels, at least one.

    Returns
    -------
    ndarray of shape (3,)
    """
    moments, axes = np.zeros(6), np.empty(3)
    for row in range(len(mask)):
        count, cross, cross_cross = np.int64(0), np.int64(0), np.int64(0)
        line = mask[row]
        for column in range(len(line)):
            count += line[column]
            cross += line[column] * column
            cross_cross += line[column] * column * column
        moments[0] += count
        moments[1] += row * count
        moments[2] += cross
        moments[3] += row * row * count
        moments[4] += cross_cross
        moments[5] += row * cross
    axes_of(moments, axes)
    return axes
