"""Row sums over windows, and what they tell of the light."""

import numpy as np
from numpy.typing import NDArray

from inspection.frame import Pixels
from inspection.kernels.compiler import compiled
from inspection.kernels.reading import BAND_ROWS


@compiled
def window_row_sums(pixels: Pixels, lefts: NDArray[np.int64], width: int) -> NDArray[np.int32]:
    """Sum each row over several windows of equal width.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    lefts : ndarray of shape (windows,)
        First column of each window; `left + width` must not exceed the columns.
    width : int
        Columns in a window.

    Returns
    -------
    ndarray of shape (windows, rows)
    """
    sums = np.empty((len(lefts), pixels.shape[0]), np.int32)
    for row in range(sums.shape[1]):
        for window in range(len(lefts)):
            total = np.int32(0)
            for value in pixels[row, lefts[window] : lefts[window] + width]:
                total += np.int32(value)
            sums[window, row] = total
    return sums


@compiled
def even_band_means(
    pixels: Pixels, lefts: NDArray[np.int64], width: int, row_gain: NDArray[np.float32], rows_read: int
) -> NDArray[np.float64]:
    """Mean grey level of several windows, freed of row gain, band by band.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    lefts : ndarray of shape (windows,)
    width : int
        Columns in a window.
    row_gain : ndarray of shape (rows,), float32
    rows_read : int
        Rows read of each band, 1 to 8.

    Returns
    -------
    ndarray of shape (windows, bands)
        The last band ends with the frame and may overlap the one before.
    """
    rows = pixels.shape[0]
    means = np.empty((len(lefts), (rows + BAND_ROWS - 1) // BAND_ROWS))
    for band in range(means.shape[1]):
        top = min(band * BAND_ROWS, rows - BAND_ROWS)
        for window in range(len(lefts)):
            mean = 0.0
            for row in range(top, top + rows_read):
                total = np.int32(0)
                for value in pixels[row, lefts[window] : lefts[window] + width]:
                    total += np.int32(value)
                mean += total / row_gain[row]
            means[window, band] = mean / (rows_read * width)
    return means


@compiled
def agreed_row_gain(ratios: NDArray[np.float32], levels: NDArray[np.float32], tolerance: float) -> NDArray[np.float32]:
    """Mean gain of each row over the windows that lie within the tolerance of 1.

    Parameters
    ----------
    ratios : ndarray of shape (windows, rows), float32
    levels : ndarray of shape (windows,), float32
        What each window's ratio usually is.
    tolerance : float

    Returns
    -------
    ndarray of shape (rows,), float32
        1 where fewer than half of the windows agree.
    """
    windows, rows = ratios.shape
    total, count = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
    for window in range(windows):
        ratio, scale = ratios[window], np.float32(1 / levels[window])
        for row in range(rows):
            deviation = ratio[row] * scale - np.float32(1)
            agrees = abs(deviation) <= tolerance
            total[row] += deviation if agrees else np.float32(0)
            count[row] += np.float32(agrees)
    for row in range(rows):
        total[row] = np.float32(1) + (total[row] / count[row] if 2 * count[row] >= windows else np.float32(0))
    return total


@compiled
def sharpness_at(
    pixels: Pixels, tops: NDArray[np.int64], lefts: NDArray[np.int64], height: int, width: int
) -> NDArray[np.float64]:
    """Squared slope summed over the mean profile of each window, over its squared step, per pixel.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    tops, lefts : ndarray of shape (windows,)
        Each window lies across an edge.
    height, width : int
        At least six columns: the outer three on either side make the step.

    Returns
    -------
    ndarray of shape (windows with a step,)
    """
    sharpness, profile = np.empty(len(tops)), np.empty(width)
    for window in range(len(tops)):
        profile[:] = 0
        for row in range(tops[window], tops[window] + height):
            line = pixels[row, lefts[window] : lefts[window] + width]
            for column in range(width):
                profile[column] += line[column]
        step = (profile[-3:].sum() - profile[:3].sum()) / 3
        slopes = profile[1:] - profile[:-1]
        sharpness[window] = (slopes * slopes).sum() / (step * step) if step else np.nan
    return sharpness[np.isfinite(sharpness)]
