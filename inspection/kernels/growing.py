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
    labels = np.zeros((rows, columns), np.int32)
    # Every cell enters once, so the queue ends up as the list of all members, group after group.
    queue = np.empty(rows * columns, np.int64)
    groups = done = filled = 0
    loud = np.float32(strong)
    for row in range(rows):
        line, quiet = values[row], True
        for column in range(columns):
            quiet &= abs(np.float32(line[column])) < loud
        if quiet:
            continue
        for column in range(columns):
            if abs(np.float32(line[column])) < loud or labels[row, column]:
                continue
            groups += 1
            labels[row, column] = groups
            queue[filled] = row * columns + column
            filled += 1
            while done < filled:
                y, x = divmod(queue[done], columns)
                done += 1
                for near_y in range(max(y - reach, 0), min(y + reach + 1, rows)):
                    for near_x in range(max(x - reach, 0), min(x + reach + 1, columns)):
                        if labels[near_y, near_x] == 0 and abs(values[near_y, near_x]) >= weak:
                            labels[near_y, near_x] = groups
                            queue[filled] = near_y * columns + near_x
                            filled += 1
    extents, extremes = _measure(values, labels, queue[:filled], groups)
    return labels, extents, extremes


@compiled
def _measure(values, labels, members, groups):  # type: ignore[no-untyped-def]
    rows, columns = values.shape
    extents, extremes = np.zeros((groups, 5), np.int64), np.zeros(groups)
    extents[:, 0], extents[:, 1] = rows, columns
    for member in members:
        y, x = divmod(member, columns)
        group, value = labels[y, x] - 1, float(values[y, x])
        extent = extents[group]
        extent[0], extent[1] = min(extent[0], y), min(extent[1], x)
        extent[2], extent[3] = max(extent[2], y + 1), max(extent[3], x + 1)
        extent[4] += 1
        if abs(value) > abs(extremes[group]):
            extremes[group] = value
    return extents, extremes
