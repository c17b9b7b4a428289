"""Means over boxes of tiles, as multiples of their limits.

Each kernel also says whether anything is beyond its limit: most frames are clean, and a second
pass to learn that would cost as much as the means.
"""

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled
from inspection.kernels.profiles import differ

_FOLD = 64
"""Tiles whose sums stand side by side while a band is added up."""


@compiled
def _add(values, sign, total):  # type: ignore[no-untyped-def]
    for n in range(len(total)):
        total[n] += np.float32(sign) * values[n]


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
def level_bands(tiles: NDArray[np.float32], judged: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """Judged tiles less what those of a band have in common, if it is no more than `most`; 0 elsewhere.

    Sixteen windows measure a row's light; all its tiles together do so several times better, and
    what they share would sum up coherently over a box. Tiles beyond three times `most` do not vote.

    Parameters
    ----------
    tiles : ndarray of shape (bands, tiles), float32
    judged : ndarray of shape (bands, tiles), float32
        1 or 0.
    most : float

    Returns
    -------
    ndarray of shape (bands, tiles), float32
    """
    level, bound = np.empty_like(tiles), np.float32(most)
    totals, votes = np.empty(_FOLD, np.float32), np.empty(_FOLD, np.float32)
    for band in range(len(tiles)):
        line, counts, out = tiles[band], judged[band], level[band]
        totals[:], votes[:] = 0, 0
        for begin in range(0, len(line), _FOLD):
            _vote(line[begin : begin + _FOLD], counts[begin : begin + _FOLD], 3 * bound, totals, votes)
        common = min(max(totals.sum() / max(votes.sum(), np.float32(1)), -bound), bound)
        for tile in range(len(line)):
            out[tile] = (line[tile] - common) * counts[tile]
    return level


@compiled
def _vote(values, counts, loud, totals, votes):  # type: ignore[no-untyped-def]
    """Add to sums that stand side by side: one sum alone would be added up number by number."""
    for n in range(len(values)):
        vote = counts[n] * np.float32(abs(values[n]) <= loud)
        totals[n] += vote * values[n]
        votes[n] += vote


@compiled
def soft_box_means(
    tiles: NDArray[np.float32],
    judged: NDArray[np.float32],
    side: int,
    limit: float,
    over: NDArray[np.float32],
) -> bool:
    """Means over boxes of means over boxes of `side` x `side` judged tiles, over their limit.

    Weights fall off to the rim as a stain does: a round one with soft flanks, as wide at half height
    as the box, stands out 1.1 times as far as in a plain box. 0 where judged tiles hold under half of
    the weight; where they hold a part of it the mean has more noise, in proportion to 1 / sqrt(part).

    Parameters
    ----------
    tiles : ndarray of shape (bands, tiles), float32
        Values; 0 where not judged.
    judged : ndarray of shape (bands, tiles), float32
        1 or 0.
    side : int
    limit : float
        Limit of the mean over a whole box.
    over : ndarray of shape (bands, tiles), float32, written

    Returns
    -------
    bool
        Whether any value is beyond 1.
    """
    _soft_box_sums(tiles, side, over)
    shares, weight, loud = _shares(judged, side), np.empty(tiles.shape[1], np.float32), False
    for band in range(len(over)):
        if band == 0 or differ(shares[band], shares[band - 1]):
            _weigh_shares(shares[band], np.float32(side**4), np.float32(limit), weight)
        out = over[band]
        for tile in range(len(out)):
            out[tile] *= weight[tile]
            loud |= (out[tile] > 1) | (out[tile] < -1)
    return loud


@compiled
def _weigh_shares(shares, whole, limit, weight):  # type: ignore[no-untyped-def]
    """What turns a sum into a multiple of its limit, by the share of its weight that is judged."""
    for tile in range(len(weight)):
        noise = np.sqrt(max(shares[tile], np.float32(1)) * whole) * limit
        weight[tile] = np.float32(2 * shares[tile] >= whole) / noise


@compiled
def _shares(judged, side):  # type: ignore[no-untyped-def]
    """Weight of the judged tiles in each box; where all bands are alike, one across times one down tells it."""
    shares = np.empty_like(judged)
    if _same_rows(judged):
        across, down = np.empty_like(judged[:1]), np.empty_like(judged[:, :1])
        _soft_box_sums(judged[:1], side, across)
        _soft_box_sums(np.ones_like(down), side, down)
        for band in range(len(shares)):
            shares[band] = across[0] * down[band, 0]
    else:
        _soft_box_sums(judged, side, shares)
    return shares


@compiled
def _same_rows(values):  # type: ignore[no-untyped-def]
    same = True
    for row in range(1, len(values)):
        same &= not differ(values[row], values[0])
    return same


@compiled
def _soft_box_sums(values, side, sums):  # type: ignore[no-untyped-def]
    """Box sums of box sums. An even box reaches one tile farther up and left, the second one down and right."""
    once = np.empty_like(sums)
    _box_sums(values, side, side // 2, once)
    _box_sums(once, side, side - 1 - side // 2, sums)


@compiled
def _box_sums(values, side, before, sums):  # type: ignore[no-untyped-def]
    bands, columns = values.shape
    padded = np.zeros(columns + side, np.float32)
    down = padded[before : before + columns]
    for entering in range(bands + side - before - 1):
        leaving, band = entering - side, entering - (side - before - 1)
        if entering < bands:
            _add(values[entering], 1, down)
        if leaving >= 0:
            _add(values[leaving], -1, down)
        if band >= 0:
            out = sums[band]
            out[:] = 0
            for near in range(side):
                _add(padded[near : near + columns], 1, out)
