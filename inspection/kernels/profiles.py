"""Means down columns, and streaks among them by matched filters, as multiples of their limits."""

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled


@compiled
def differ(one, other):  # type: ignore[no-untyped-def]
    """Whether two rows differ anywhere."""
    unlike = False
    for n in range(len(one)):
        unlike |= one[n] != other[n]
    return unlike


@compiled
def column_means(
    sums: NDArray[np.float64],
    judged: NDArray[np.float32],
    coated: NDArray[np.float32],
    quiet: NDArray[np.float32],
    reach: int,
) -> NDArray[np.float32]:
    """Column sums less the mean of the quiet coated columns around each coated one, times `judged`.

    Foil stays as it is: its gaps are too narrow to have a background of their own.

    Parameters
    ----------
    sums : ndarray of shape (segments, columns), float64
    judged : ndarray of shape (segments, columns), float32
        0 where nothing is judged.
    coated : ndarray of shape (columns,), float32
        1 or 0.
    quiet : ndarray of shape (segments, columns), float32
        1 or 0; columns that count for others' background.
    reach : int
        Columns on either side that make the background.

    Returns
    -------
    ndarray of shape (segments, columns), float32
    """
    segments, columns = sums.shape
    means = np.empty((segments, columns), np.float32)
    inside, share = np.empty(columns), np.empty(columns)
    for segment in range(segments):
        if segment == 0 or differ(judged[segment], judged[segment - 1]) or differ(quiet[segment], quiet[segment - 1]):
            for column in range(columns):
                inside[column] = coated[column] * quiet[segment, column] if judged[segment, column] else 0
            share[:] = coated / np.maximum(_around(inside, reach), 1)
        values, out = sums[segment], means[segment]
        around = _around(values * inside, reach)
        for column in range(columns):
            out[column] = np.float32((values[column] - around[column] * share[column]) * judged[segment, column])
    return means


@compiled
def _around(values, reach):  # type: ignore[no-untyped-def]
    """Sums over `reach` neighbours on either side and the value itself; nothing beyond the ends."""
    count = len(values)
    running, total = np.empty(count + 2 * reach + 1), 0.0
    running[: reach + 1] = 0
    for n in range(count):
        total += values[n]
        running[reach + n + 1] = total
    running[reach + count + 1 :] = total
    sums = np.empty(count, np.float64)
    last = running[2 * reach + 1 :]
    for n in range(count):
        sums[n] = last[n] - running[n]
    return sums


@compiled
def find_runs(judged: NDArray[np.float32], coated: NDArray[np.float32]) -> NDArray[np.int64]:
    """Runs of judged columns of one material.

    Parameters
    ----------
    judged : ndarray of shape (segments, columns), float32
        0 where nothing is judged.
    coated : ndarray of shape (columns,), float32
        1 or 0.

    Returns
    -------
    ndarray of shape (runs, 4), int64
        Segment, first column, one past the last, and 0 on coating or 1 on foil.
    """
    segments, columns = judged.shape
    runs, filled, previous = np.empty((segments * columns, 4), np.int64), 0, 0
    for segment in range(segments):
        first = filled
        if segment and not differ(judged[segment], judged[segment - 1]):
            filled += first - previous
            runs[first:filled] = runs[previous:first]
            runs[first:filled, 0] = segment
        else:
            filled = _runs_of(judged[segment], coated, segment, runs, filled)
        previous = first
    return runs[:filled]


@compiled
def _runs_of(judged, coated, segment, runs, filled):  # type: ignore[no-untyped-def]
    begin, columns = 0, len(judged)
    while begin < columns:
        end = begin + 1
        if judged[begin]:
            while end < columns and judged[end] and coated[end] == coated[begin]:
                end += 1
            runs[filled, 0], runs[filled, 1], runs[filled, 2], runs[filled, 3] = segment, begin, end, 1 - coated[begin]
            filled += 1
        begin = end
    return filled


@compiled
def match_columns(
    means: NDArray[np.float32],
    taps: NDArray[np.float32],
    inset: int,
    runs: NDArray[np.int64],
    scales: NDArray[np.float32],
    over: NDArray[np.float32],
) -> bool:
    """Answers of one filter in multiples of their limits; return whether any is beyond 1.

    A filter never sees two materials: each run of judged columns of one goes on as its last column
    beyond its ends (a mirror image has kinks that fine filters answer to), and the columns next to
    them, where that would count most, are left out.

    Parameters
    ----------
    means : ndarray of shape (segments, columns), float32
    taps : ndarray of shape (odd,), float32
        Symmetric weights of a column and its neighbours on either side.
    inset : int
        Columns left out at either end of a run.
    runs : ndarray of shape (runs, 4), int64
        From `find_runs`.
    scales : ndarray of shape (segments, 2), float32
        One over the limit, on coating and on foil.
    over : ndarray of shape (segments, columns), float32, written
    """
    padded, loud = np.empty(means.shape[1] + len(taps), np.float32), False
    over[:] = 0
    for run in range(len(runs)):
        segment, begin, end = runs[run, 0], runs[run, 1], runs[run, 2]
        scale = scales[segment, runs[run, 3]]
        loud |= _match_run(means[segment, begin:end], taps, inset, scale, padded, over[segment, begin:end])
    return loud


@compiled
def _fill(values, weight, total):  # type: ignore[no-untyped-def]
    for n in range(len(total)):
        total[n] = weight * values[n]


@compiled
def _add_pair(left, right, weight, total):  # type: ignore[no-untyped-def]
    for n in range(len(total)):
        total[n] += weight * (left[n] + right[n])


@compiled
def _match_run(means, taps, inset, scale, padded, over):  # type: ignore[no-untyped-def]
    count, reach, loud = len(means), len(taps) // 2, False
    if count <= 2 * inset:
        return loud
    padded[reach : reach + count] = means
    padded[:reach] = means[0]
    padded[reach + count : 2 * reach + count] = means[count - 1]
    out, first = over[inset : count - inset], padded[inset:]
    _fill(first[reach:], taps[reach] * scale, out)
    for near in range(reach):
        # Filters are symmetric: one weight for two columns.
        _add_pair(first[near:], first[len(taps) - 1 - near :], taps[near] * scale, out)
    for n in range(len(out)):
        loud |= (out[n] > 1) | (out[n] < -1)
    return loud


@compiled
def keep_strongest(values: NDArray[np.float32], strongest: NDArray[np.float32]) -> None:
    """Replace what is nearer to zero than the value at the same place. Both of shape (rows, columns)."""
    for row in range(len(values)):
        line, out = values[row], strongest[row]
        for column in range(len(line)):
            out[column] = line[column] if abs(line[column]) > abs(out[column]) else out[column]
