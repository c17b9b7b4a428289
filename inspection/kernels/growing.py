"""Connected places that stand out, by hysteresis.

Cells are taken as runs along each row, and runs that touch are united (Rosenfeld & Pfaltz, J. ACM
13(4), 1966): cost follows the outline of what stands out, not its area, and everything asked of a
group is a sum over its runs.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled
from inspection.kernels.moments import add_run, axes_of

_WORD = 8
_FIRST_RUNS = 1024
_ALL_SET = np.uint64(0x0101010101010101)


class Groups(NamedTuple):
    """What `grow` found, in the order of first cells.

    Attributes
    ----------
    extents : ndarray of shape (groups, 5), int64
        Top, left, bottom, right, and number of cells.
    extremes : ndarray of shape (groups,), float64
        The value farthest from zero in each group.
    axes : ndarray of shape (groups, 3), float64
        As `moments.axes_of` tells them.
    masks : ndarray of shape (sum of extents,), uint8
        The cells of each group within its extent, 1 or 0, row by row, one group after the other.
    """

    extents: NDArray[np.int64]
    extremes: NDArray[np.float64]
    axes: NDArray[np.float64]
    masks: NDArray[np.uint8]


@compiled
def grow(values: NDArray[Any], weak: float, strong: float, reach: int) -> Groups:
    """Gather cells of magnitude `weak` or more around each one of `strong` or more.

    Hysteresis as in Canny, IEEE PAMI-8(6), 1986, sec. VIII.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
    weak, strong : float
        Magnitudes.
    reach : int
        Cells up to this far apart, diagonals included, belong together; 1 is touching.
    """
    rows, columns = values.shape
    marks = np.zeros((rows, (columns // _WORD + 1) * _WORD), np.uint8)
    if not _mark(values, np.float32(weak), np.float32(strong), marks):
        return Groups(np.empty((0, 5), np.int64), np.empty(0), np.empty((0, 3)), np.empty(0, np.uint8))
    runs, firsts = _runs(marks)
    parents = _united(runs, firsts, reach)
    extremes = _extremes(values, runs, parents)
    numbers, groups = _numbers(extremes, parents, strong)
    found: Groups = _groups(runs, parents, numbers, groups, extremes)
    return found


@compiled
def _mark(values, weak, strong, marks):  # type: ignore[no-untyped-def]
    """Write 1 where a cell may belong to a group; return whether any is strong."""
    loud = False
    for row in range(len(values)):
        line, out = values[row], marks[row]
        for column in range(len(line)):
            size = abs(np.float32(line[column]))
            out[column] = size >= weak
            loud |= size >= strong
    return loud


@compiled
def _runs(marks):  # type: ignore[no-untyped-def]
    """Row, begin and end of every run of marks, and where the runs of each row begin."""
    rows = len(marks)
    firsts = np.zeros(rows + 1, np.int64)
    runs, filled = np.empty((_FIRST_RUNS, 3), np.int32), 0
    for row in range(rows):
        if filled + marks.shape[1] // 2 + 1 > len(runs):
            runs = _longer(runs, 2 * len(runs) + marks.shape[1])
        line, inside = marks[row], np.uint8(0)
        words = line.view(np.uint64)
        for word in range(len(words)):
            if words[word] == (_ALL_SET if inside else np.uint64(0)):
                continue
            for column in range(_WORD * word, _WORD * (word + 1)):
                if line[column] == inside:
                    continue
                inside = line[column]
                if inside:
                    runs[filled, 0], runs[filled, 1] = row, column
                else:
                    runs[filled, 2] = column
                    filled += 1
        firsts[row + 1] = filled
    return runs[:filled], firsts


@compiled
def _longer(runs, count):  # type: ignore[no-untyped-def]
    """The same runs with room for `count`."""
    longer = np.empty((count, 3), np.int32)
    longer[: len(runs)] = runs
    return longer


@compiled
def _root(parents, run):  # type: ignore[no-untyped-def]
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@compiled
def _unite(parents, one, other):  # type: ignore[no-untyped-def]
    """The earlier root becomes the root of both."""
    one, other = _root(parents, one), _root(parents, other)
    parents[max(one, other)] = min(one, other)


@compiled
def _united(runs, firsts, reach):  # type: ignore[no-untyped-def]
    """For each run an earlier one of its group; the first of a group is its own."""
    parents = np.arange(len(runs))
    for row in range(len(firsts) - 1):
        begin, end = firsts[row], firsts[row + 1]
        for run in range(begin + 1, end):
            if runs[run, 1] < runs[run - 1, 2] + reach:
                _unite(parents, run, run - 1)
        for above in range(max(row - reach, 0), row):
            other, last = firsts[above], firsts[above + 1]
            for run in range(begin, end):
                while other < last and runs[other, 2] + reach <= runs[run, 1]:
                    other += 1
                near = other
                while near < last and runs[near, 1] < runs[run, 2] + reach:
                    _unite(parents, run, near)
                    near += 1
    return parents


@compiled
def _extremes(values, runs, parents):  # type: ignore[no-untyped-def]
    """The value farthest from zero in each group, told at its root."""
    extremes = np.zeros(len(runs), np.float32)
    for run in range(len(runs)):
        lowest = highest = np.float32(0)
        for value in values[runs[run, 0], runs[run, 1] : runs[run, 2]]:
            lowest, highest = min(lowest, np.float32(value)), max(highest, np.float32(value))
        root, extreme = _root(parents, run), highest if highest >= -lowest else lowest
        if abs(extreme) > abs(extremes[root]):
            extremes[root] = extreme
    return extremes


@compiled
def _numbers(extremes, parents, strong):  # type: ignore[no-untyped-def]
    """Number the roots of groups that hold a strong cell; -1 elsewhere."""
    numbers, groups = np.full(len(extremes), -1, np.int64), 0
    for run in range(len(extremes)):
        if parents[run] == run and abs(extremes[run]) >= np.float32(strong):
            numbers[run] = groups
            groups += 1
    return numbers, groups


@compiled
def _groups(runs, parents, numbers, groups, extremes):  # type: ignore[no-untyped-def]
    extents, strongest = np.empty((groups, 5), np.int64), np.empty(groups)
    axes, moments = np.empty((groups, 3)), np.zeros((groups, 6))
    extents[:, :2], extents[:, 2:] = np.iinfo(np.int32).max, 0
    for run in range(len(runs)):
        group = numbers[_root(parents, run)]
        if group < 0:
            continue
        row, begin, end = runs[run, 0], runs[run, 1], runs[run, 2]
        extent = extents[group]
        extent[0], extent[1] = min(extent[0], row), min(extent[1], begin)
        extent[2], extent[3] = max(extent[2], row + 1), max(extent[3], end)
        extent[4] += end - begin
        add_run(row, begin, end, moments[group])
    for run in range(len(runs)):
        if numbers[run] >= 0:
            strongest[numbers[run]] = extremes[run]
            axes_of(moments[numbers[run]], axes[numbers[run]])
    return Groups(extents, strongest, axes, _masks(runs, parents, numbers, extents))


@compiled
def _masks(runs, parents, numbers, extents):  # type: ignore[no-untyped-def]
    starts = np.zeros(len(extents) + 1, np.int64)
    for group in range(len(extents)):
        top, left, bottom, right = extents[group, 0], extents[group, 1], extents[group, 2], extents[group, 3]
        starts[group + 1] = starts[group] + (bottom - top) * (right - left)
    masks = np.zeros(starts[-1], np.uint8)
    for run in range(len(runs)):
        group = numbers[_root(parents, run)]
        if group < 0:
            continue
        top, left, right = extents[group, 0], extents[group, 1], extents[group, 3]
        line = starts[group] + (runs[run, 0] - top) * (right - left) - left
        masks[line + runs[run, 1] : line + runs[run, 2]] = 1
    return masks
