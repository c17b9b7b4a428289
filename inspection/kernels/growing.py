"""Connected places that stand out, by hysteresis."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled


@compiled
def grow(
    values: NDArray[Any], weak: float, strong: float, reach: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Gather cells of magnitude `weak` or more around each one of `strong` or more.

    Hysteresis as in Canny, IEEE PAMI-8(6), 1986, sec. VIII. Cost follows what stands out: cells
    that do not are looked at once.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
    weak, strong : float
        Magnitudes.
    reach : int
        Cells up to this far apart, diagonals included, belong together; 1 is touching.

    Returns
    -------
    labels : ndarray of shape (rows, columns), int32
        From 1; 0 outside.
    extents : ndarray of shape (groups, 5), int64
        Top, left, bottom, right, and number of cells.
    extremes : ndarray of shape (groups,), float64
        The value farthest from zero in each group.
    """
    rows, columns = values.shape
    quiet = _quiet_rows(values, np.float32(strong))
    if quiet.all():
        return np.zeros((rows, columns), np.int32), np.empty((0, 5), np.int64), np.empty(0)
    # A rim of nothing all around spares the innermost loop its bounds checks; -1 waits to be taken.
    stride = columns + 2 * reach
    labels = np.zeros((rows + 2 * reach, stride), np.int32)
    inner = labels[reach : rows + reach, reach : columns + reach]
    _mark_weak(values, np.float32(weak), inner)
    flat = labels.ravel()
    near = np.array([y * stride + x for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)])
    queue = np.empty(np.count_nonzero(flat), np.int64)
    ends, groups, filled = np.empty(len(queue) + 1, np.int64), 0, 0
    ends[0] = 0
    for row in range(rows):
        if quiet[row]:
            continue
        line, start = values[row], (row + reach) * stride + reach
        for column in range(columns):
            if abs(np.float32(line[column])) < strong or flat[start + column] > 0:
                continue
            done = filled
            groups += 1
            flat[start + column], queue[filled] = groups, start + column
            filled += 1
            while done < filled:
                here = queue[done]
                done += 1
                for step in near:
                    if flat[here + step] < 0:
                        flat[here + step], queue[filled] = groups, here + step
                        filled += 1
            ends[groups] = filled
    extents, extremes = np.empty((groups, 5), np.int64), np.zeros(groups)
    for group in range(groups):
        members = queue[ends[group] : ends[group + 1]]
        extremes[group] = _measure(values, members, stride, reach, extents[group])
    return np.maximum(inner, np.int32(0)), extents, extremes


@compiled
def _quiet_rows(values, strong):  # type: ignore[no-untyped-def]
    """Which rows have no strong cell."""
    quiet = np.empty(len(values), np.bool_)
    for row in range(len(values)):
        line, loud = values[row], False
        for column in range(len(line)):
            loud |= abs(np.float32(line[column])) >= strong
        quiet[row] = not loud
    return quiet


@compiled
def _mark_weak(values, weak, labels):  # type: ignore[no-untyped-def]
    """Write -1 where a cell may belong to a group."""
    for row in range(len(values)):
        line, out = values[row], labels[row]
        for column in range(len(line)):
            out[column] = -np.int32(abs(np.float32(line[column])) >= weak)


@compiled
def _measure(values, members, stride, reach, extent):  # type: ignore[no-untyped-def]
    extreme = 0.0
    extent[:] = values.shape[0], values.shape[1], 0, 0, len(members)
    for member in members:
        y, x = member // stride - reach, member % stride - reach
        extent[0], extent[1] = min(extent[0], y), min(extent[1], x)
        extent[2], extent[3] = max(extent[2], y + 1), max(extent[3], x + 1)
        value = float(values[y, x])
        if abs(value) > abs(extreme):
            extreme = value
    return extreme
