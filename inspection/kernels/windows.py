"""The second look: windows of a frame at full resolution, in noise units."""

import numpy as np

from inspection.kernels.compiler import compiled
from inspection.kernels.reading import BAND_ROWS, BARE, COATED


@compiled
def _lay_out(lanes, states, left, coating, foil, gain, weights, expected, weight):  # type: ignore[no-untyped-def]
    """One band's expectation and one over its noise, for the columns from `left` on."""
    width = len(expected)
    expected[:] = foil[left : left + width]
    weight[:] = weights[1] / gain[left : left + width]
    for lane in range(len(states)):
        if states[lane] == BARE:
            continue
        outer_left, inner_left = max(lanes[lane, 0] - left, 0), max(lanes[lane, 1] - left, 0)
        inner_right, outer_right = min(lanes[lane, 2] - left, width), min(lanes[lane, 3] - left, width)
        for column in range(outer_left, outer_right):
            weight[column] = 0
        if states[lane] == COATED:
            for column in range(inner_left, inner_right):
                expected[column], weight[column] = coating[left + column], weights[0] / gain[left + column]
    if left == 0:
        weight[0] = 0
    if left + width == len(foil):
        weight[width - 1] = 0


@compiled
def deviation_steps(pixels, top, left, coating, foil, gain, row_gain, weights, lanes, states, steps):  # type: ignore[no-untyped-def]
    """Write the deviation of 3x3 means from what is expected, in steps, for one window.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns), uint8 or uint16
    top, left : int
        First pixel of the window.
    coating, foil : ndarray of shape (columns,), float32
        Grey levels at row gain 1.
    gain : ndarray of shape (columns,), float32
        How bright each column is; its noise is larger as its light is.
    row_gain : ndarray of shape (rows,), float32
    weights : tuple of two float32
        Steps per grey level on coating and on foil, at gain 1.
    lanes : ndarray of shape (bands, lanes, 4), int64
        As for `reading.screen_bands`.
    states : ndarray of shape (bands, lanes), int8
    steps : ndarray of shape (height, width), int16, written
        0 where an edge passes and in the frame's first and last column.
    """
    rows, columns = pixels.shape
    height, width = steps.shape
    sums = np.zeros(width + 2, np.int32)
    expected, weight = np.empty(width, np.float32), np.empty(width, np.float32)
    first, last = max(left - 1, 0), min(left + width + 1, columns)
    inner = sums[first - left + 1 : last - left + 1]
    ninth, laid = np.float32(1 / 9), -1
    for row in range(height):
        band = (top + row) // BAND_ROWS
        if band != laid:
            _lay_out(lanes[band], states[band], left, coating, foil, gain, weights, expected, weight)
            laid = band
        # The frame's first and last row have no 3x3 neighbourhood: their neighbour's stands in.
        y = min(max(top + row, 1), rows - 2)
        above, here, below = pixels[y - 1, first:last], pixels[y, first:last], pixels[y + 1, first:last]
        for column in range(len(inner)):
            inner[column] = np.int32(above[column]) + np.int32(here[column]) + np.int32(below[column])
        light, out = row_gain[top + row], steps[row]
        for column in range(width):
            mean = np.float32(sums[column] + sums[column + 1] + sums[column + 2]) * ninth
            step = (mean - expected[column] * light) * weight[column]
            out[column] = np.int16(min(max(step, np.float32(-32767)), np.float32(32767)))


@compiled
def set_aside(steps, top, grey_per_step, rows_per_part, column_sums):  # type: ignore[no-untyped-def]
    """Take a window's own deviation out of the column sums it lies in.

    Parameters
    ----------
    steps : ndarray of shape (height, width), int16
    top : int
        The window's first row in the frame.
    grey_per_step : ndarray of shape (width,), float32
        Units of `column_sums` in one step.
    rows_per_part : int
        Rows in one part; the last part takes what is left.
    column_sums : ndarray of shape (parts, width), float64, changed
    """
    height, width = steps.shape
    own = np.empty(width, np.int32)
    for part in range(len(column_sums)):
        begin = max(part * rows_per_part - top, 0)
        end = height if part == len(column_sums) - 1 else min((part + 1) * rows_per_part - top, height)
        own[:] = 0
        for row in range(begin, end):
            line = steps[row]
            for column in range(width):
                own[column] += np.int32(line[column])
        sums = column_sums[part]
        for column in range(width):
            sums[column] -= own[column] * grey_per_step[column]
