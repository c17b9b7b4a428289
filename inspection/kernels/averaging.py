"""Means over boxes of tiles and down columns, as multiples of their limits.

Each kernel also says whether anything is beyond its limit: most frames are clean, and a second
pass to learn that would cost as much as the means.
"""

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled


@compiled
def _add(values, sign, total):  # type: ignore[no-untyped-def]
    for n in range(len(total)):
        total[n] += np.float32(sign) * values[n]


@compiled
def _add_products(values, factors, sign, total):  # type: ignore[no-untyped-def]
    for n in range(len(total)):
        total[n] += np.float32(sign) * values[n] * factors[n]


@compiled
def weigh_tiles(tile_sums: NDArray[np.int32], scale: NDArray[np.float32], over: NDArray[np.float32]) -> bool:
    """Write `tile_sums * scale` to `over`; return whether any is beyond 1. All of shape (bands, tiles)."""
    loud = False
    for band in range(len(over)):
        sums, weight, out = tile_sums[band], scale[band], over[band]
        for tile in range(len(out)):
            out[tile] = np.float32(sums[tile]) * weight[tile]
            loud |= (out[tile] > 1) | (out[tile] < -1)
    return loud


@compiled
def box_means(
    tiles: NDArray[np.float32],
    judged: NDArray[np.float32],
    side: int,
    limit: float,
    over: NDArray[np.float32],
) -> bool:
    """Means over boxes of `side` x `side` judged tiles, over their limit; 0 where under half a box is judged.

    A box that is partly filled has more noise in its mean, in proportion to 1 / sqrt(count).

    Parameters
    ----------
    tiles : ndarray of shape (bands, tiles), float32
        Values; those that are not judged do not count.
    judged : ndarray of shape (bands, tiles), float32
        1 or 0.
    side : int
        An even box reaches one tile farther up and left.
    limit : float
        Limit of the mean over a whole box.
    over : ndarray of shape (bands, tiles), float32, written

    Returns
    -------
    bool
        Whether any value is beyond 1.
    """
    bands, columns = tiles.shape
    before, loud = side // 2, False
    sums, counts = np.zeros(columns + side, np.float32), np.zeros(columns + side, np.float32)
    down_sums, down_counts = sums[before : before + columns], counts[before : before + columns]
    weighed, weight = np.full(columns, -1, np.float32), np.empty(columns, np.float32)
    for entering in range(bands + side - before - 1):
        leaving, band = entering - side, entering - (side - before - 1)
        if entering < bands:
            _add_products(tiles[entering], judged[entering], 1, down_sums)
            _add(judged[entering], 1, down_counts)
        if leaving >= 0:
            _add_products(tiles[leaving], judged[leaving], -1, down_sums)
            _add(judged[leaving], -1, down_counts)
        if band < 0:
            continue
        if _differ(down_counts, weighed):
            weighed[:] = down_counts
            _box_weights(counts, side, limit, weight)
        out = over[band]
        out[:] = 0
        for near in range(side):
            _add(sums[near : near + columns], 1, out)
        for tile in range(columns):
            out[tile] *= weight[tile]
            loud |= (out[tile] > 1) | (out[tile] < -1)
    return loud


@compiled
def _differ(one, other):  # type: ignore[no-untyped-def]
    differ = False
    for n in range(len(one)):
        differ |= one[n] != other[n]
    return differ


@compiled
def _box_weights(counts, side, limit, weight):  # type: ignore[no-untyped-def]
    """What turns the sum of a box into a multiple of its limit, by the tiles judged in it."""
    full = np.float32(side * side)
    weight[:] = 0
    for near in range(side):
        _add(counts[near : near + len(weight)], 1, weight)
    for tile in range(len(weight)):
        count = weight[tile]
        scale = np.float32(1) / (np.sqrt(max(count, np.float32(1)) * full) * np.float32(limit))
        weight[tile] = scale * np.float32(2 * count >= full)


@compiled
def column_means(
    sums: NDArray[np.float64],
    judged: NDArray[np.float32],
    coated: NDArray[np.float32],
    background: int,
) -> NDArray[np.float32]:
    """Column sums less the mean of the coated columns around each coated one, times `judged`.

    Foil stays as it is: its gaps are too narrow to have a background of their own.

    Parameters
    ----------
    sums : ndarray of shape (segments, columns), float64
        Whole numbers.
    judged : ndarray of shape (segments, columns), float32
        0 where nothing is judged.
    coated : ndarray of shape (columns,), float32
        1 or 0.
    background : int
        Columns on either side that make the background.

    Returns
    -------
    ndarray of shape (segments, columns), float32
    """
    segments, columns = sums.shape
    means = np.empty((segments, columns), np.float32)
    inside, share = np.empty(columns), np.empty(columns)
    for segment in range(segments):
        if segment == 0 or _differ(judged[segment], judged[segment - 1]):
            for column in range(columns):
                inside[column] = coated[column] if judged[segment, column] else 0
            share[:] = inside / np.maximum(_around(inside, background), 1)
        values, out = sums[segment], means[segment]
        around = _around(values * inside, background)
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
def weigh_columns(means, width, judged, coated, scales, over):  # type: ignore[no-untyped-def]
    """Sums over `width` columns in multiples of their limits; return whether any is beyond 1.

    Parameters
    ----------
    means, over : ndarray of shape (segments, columns), float32
        `over` is written.
    width : int
        An even width reaches one column farther left.
    judged : ndarray of shape (segments, columns), float32
        0 where nothing is judged.
    coated : ndarray of shape (columns,), float32
        1 or 0.
    scales : ndarray of shape (segments, 2), float32
        One over the limit of the sum, on coating and on foil.

    Returns
    -------
    bool
    """
    segments, columns = means.shape
    before, loud = width // 2, False
    padded = np.zeros(columns + width, np.float32)
    for segment in range(segments):
        padded[before : before + columns] = means[segment]
        out, on_coating, on_foil = over[segment], scales[segment, 0], scales[segment, 1]
        out[:] = 0
        for near in range(width):
            _add(padded[near : near + columns], 1, out)
        for column in range(columns):
            scale = on_foil + coated[column] * (on_coating - on_foil)
            out[column] = out[column] * scale if judged[segment, column] else np.float32(0)
            loud |= (out[column] > 1) | (out[column] < -1)
    return loud


@compiled
def keep_strongest(values: NDArray[np.float32], strongest: NDArray[np.float32]) -> None:
    """Replace what is nearer to zero than the value at the same place. Both of shape (rows, columns)."""
    for row in range(len(values)):
        line, out = values[row], strongest[row]
        for column in range(len(line)):
            out[column] = line[column] if abs(line[column]) > abs(out[column]) else out[column]
