"""What a small picture looks like in a few numbers: spread, steps and extremes at several scales."""

import numpy as np

from inspection.kernels.compiler import compiled
from inspection.kernels.reading import BAND_ROWS, BARE, COATED

FEWEST_SHARE = 0.25
"""Share of a picture that must count: less of it says nothing that could be compared."""

_FINEST = np.float32(1e-3)
"""Spread below which a picture is as good as even; its logarithm must stay finite."""


@compiled
def _first_cell(column, left, width, cells):  # type: ignore[no-untyped-def]
    """The first cell whose middle is not left of a column; `cells` where there is none."""
    return min(max(-((width - 2 * cells * (column - left)) // (2 * width)), 0), cells)


@compiled
def _lay_out(lanes, states, left, width, on_foil, line):  # type: ignore[no-untyped-def]
    """Set the cells of one band that lie well inside the wanted material to 1, all others to 0."""
    cells = len(line)
    line[:] = np.float32(on_foil)
    for lane in range(len(states)):
        if states[lane] == BARE:
            continue
        if on_foil:
            line[_first_cell(lanes[lane, 0], left, width, cells) : _first_cell(lanes[lane, 3], left, width, cells)] = 0
        elif states[lane] == COATED:
            line[_first_cell(lanes[lane, 1], left, width, cells) : _first_cell(lanes[lane, 2], left, width, cells)] = 1


@compiled
def mark_material(windows, on_foil, lanes, states, weights):  # type: ignore[no-untyped-def]
    """Mark the cells of windows that lie well inside the material that was expected there.

    Parameters
    ----------
    windows : ndarray of shape (windows, 4), int64
        Top, left, height, width, inside the frame.
    on_foil : ndarray of shape (windows,), bool
        The material: foil, else coating.
    lanes : ndarray of shape (bands, lanes, 4), int64
        As for `reading.screen_bands`.
    states : ndarray of shape (bands, lanes), int8
    weights : ndarray of shape (windows, cells, cells), float32, written
        1 there, 0 elsewhere.
    """
    cells = weights.shape[1]
    for n in range(len(windows)):
        top, left, height, width = windows[n, 0], windows[n, 1], windows[n, 2], windows[n, 3]
        laid = -1
        for i in range(cells):
            band = (top + (2 * i + 1) * height // (2 * cells)) // BAND_ROWS
            if band == laid:
                weights[n, i] = weights[n, i - 1]
            else:
                _lay_out(lanes[band], states[band], left, width, on_foil[n], weights[n, i])
            laid = band


@compiled
def _halve(values, weights, half, half_weights):  # type: ignore[no-untyped-def]
    """Means of blocks of 2 x 2 cells, by weight, and how much of each block counts."""
    tiny = np.float32(1e-9)
    for i in range(len(half)):
        upper, lower, upper_weight, lower_weight = values[2 * i], values[2 * i + 1], weights[2 * i], weights[2 * i + 1]
        for j in range(half.shape[1]):
            a, b, c, d = upper_weight[2 * j], upper_weight[2 * j + 1], lower_weight[2 * j], lower_weight[2 * j + 1]
            total = a + b + c + d
            summed = a * upper[2 * j] + b * upper[2 * j + 1] + c * lower[2 * j] + d * lower[2 * j + 1]
            half[i, j] = summed / max(total, tiny)
            half_weights[i, j] = total * np.float32(0.25)


@compiled
def _column_sums(values, weights, sums):  # type: ignore[no-untyped-def]
    """By column: weight, sum, sum of squares, largest and smallest value; what does not count is 0."""
    count, total, squares, highest, lowest = sums[0], sums[1], sums[2], sums[3], sums[4]
    sums[:] = 0
    for i in range(len(values)):
        line, weight = values[i], weights[i]
        for j in range(len(line)):
            counted = weight[j] * line[j]
            count[j] += weight[j]
            total[j] += counted
            squares[j] += counted * line[j]
            highest[j] = max(highest[j], counted)
            lowest[j] = min(lowest[j], counted)


@compiled
def _spread(count, total, squares):  # type: ignore[no-untyped-def]
    """Standard deviation from sums."""
    mean = total / count
    return np.sqrt(max(squares / count - mean * mean, 0.0))


@compiled
def _rms_steps(values, weights, scratch):  # type: ignore[no-untyped-def]
    """Root mean square of the difference of neighbours: down, and across."""
    count_down, count_cross, down, cross = scratch[0], scratch[1], scratch[2], scratch[3]
    scratch[:] = 0
    for i in range(len(values)):
        line, weight, before, weight_before = values[i], weights[i], values[max(i - 1, 0)], weights[max(i - 1, 0)]
        for j in range(1, len(line)):
            pair, step = weight[j] * weight[j - 1], line[j] - line[j - 1]
            count_cross[j] += pair
            cross[j] += pair * step * step
        if i > 0:
            for j in range(len(line)):
                pair, step = weight[j] * weight_before[j], line[j] - before[j]
                count_down[j] += pair
                down[j] += pair * step * step
    counts = max(count_down.sum(), _FINEST), max(count_cross.sum(), _FINEST)
    return np.sqrt(down.sum() / counts[0]), np.sqrt(cross.sum() / counts[1])


@compiled
def _row_spread(values, weights):  # type: ignore[no-untyped-def]
    """Standard deviation of the means of rows."""
    count, total, squares = np.float64(0), np.float64(0), np.float64(0)
    for i in range(len(values)):
        row_count, row_total = np.float32(0), np.float32(0)
        for j in range(len(values)):
            row_count += weights[i, j]
            row_total += weights[i, j] * values[i, j]
        if row_count > 0:
            count += row_count
            total += row_total
            squares += row_total * row_total / row_count
    return _spread(count, total, squares)


@compiled
def _column_spread(sums):  # type: ignore[no-untyped-def]
    """Standard deviation of the means of columns, from `_column_sums`."""
    squares = 0.0
    for j in range(sums.shape[1]):
        if sums[0, j] > 0:
            squares += sums[1, j] * sums[1, j] / sums[0, j]
    return _spread(sums[0].sum(), sums[1].sum(), squares)


@compiled
def _describe_scale(values, weights, sums, scale, out):  # type: ignore[no-untyped-def]
    """Write what one scale has to tell, return how many blocks count; columns and steps differ little at the others."""
    _column_sums(values, weights, sums)
    count, total = sums[0].sum(), sums[1].sum()
    out[1 + scale] = _spread(count, total, sums[2].sum())
    if scale == 0:
        out[0] = total / count
    if scale == 1:
        out[6], out[7] = _column_spread(sums), _row_spread(values, weights)
    if scale in (0, 2):
        place = 8 + 2 * scale
        out[place + 2], out[place + 3] = sums[3].max(), sums[4].min()
        out[place], out[place + 1] = _rms_steps(values, weights, sums)
    return count


@compiled
def describe_pictures(pictures, channel, weights, described):  # type: ignore[no-untyped-def]
    """Describe square pictures by what their cells, and blocks of 2, 4, 8 and 16 cells, look like.

    A block is the mean of its cells by weight, and counts by how many of them do. Spreads and steps are natural
    logarithms. Sums are kept in single precision: a spread of a hundredth of the mean is told within two per cent.

    Parameters
    ----------
    pictures : ndarray of shape (pictures, channels, cells, cells), float32
        Around zero; `cells` is 16 times a whole number.
    channel : int
        The one that is described.
    weights : ndarray of shape (pictures, cells, cells), float32
        1 where a cell counts, else 0.
    described : ndarray of shape (pictures, 16), float64, written
        Mean; spread of blocks of 1, 2, 4, 8 and 16 cells; spread of column and of row means of blocks of 2; root mean
        square step down and across, largest and smallest value for blocks of 1, then of 4. NaN for a picture of
        which less than `FEWEST_SHARE` counts.
    """
    side = pictures.shape[2]
    # Each scale is read from one buffer and written to the other, and every one lies in one piece: else the compiler
    # cannot treat cells side by side, which is worth a factor of three.
    buffers, scratch = np.empty((2, 2, side * side // 4), np.float32), np.empty(5 * side, np.float32)
    for n in range(len(pictures)):
        out, values, kept, cells = described[n], pictures[n, channel], weights[n], side
        for scale in range(5):
            count = _describe_scale(values, kept, scratch[: 5 * cells].reshape(5, cells), scale, out)
            cells //= 2
            half = buffers[scale % 2, 0, : cells * cells].reshape(cells, cells)
            half_kept = buffers[scale % 2, 1, : cells * cells].reshape(cells, cells)
            _halve(values, kept, half, half_kept)
            values, kept = half, half_kept
        for place in (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13):
            out[place] = np.log(max(out[place], _FINEST))
        # The share that counts is the same at every scale.
        if count < FEWEST_SHARE * (side // 16) ** 2:
            out[:] = np.nan
