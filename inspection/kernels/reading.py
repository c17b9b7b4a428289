"""The first look: every pixel of a frame, exactly once.

Three things make the compiler use full-width integer vectors here, and each is worth a factor
of two to ten: slices instead of offset indices (no wrap-around checks), eight rows written out
so that extremes stay in registers, and a row gain that is a shift by exactly 16 bits.
"""

from typing import Any

import numpy as np

from inspection.frame import Pixels
from inspection.kernels.compiler import compiled, inlined

BAND_ROWS = 8
"""Rows in one band and columns in one tile of the screening grid."""

CHUNK_COLUMNS = 2048
"""Columns treated at a time, so that eight rows of sums stay in the first-level cache."""

COATED, BARE, BOUNDARY = 0, 1, 2
"""What a lane shows in one band: coating, a skip gap, or the start or end of a patch."""


def accumulator(pixels: Pixels) -> type[np.signedinteger[Any]]:
    """The integer type that holds eight 3x3 sums of these pixels: int16 for 8 bits, else int32."""
    return np.int16 if pixels.dtype == np.uint8 else np.int32


@compiled
def _vertical_sums(above, here, below, sums):  # type: ignore[no-untyped-def]
    kind = sums.dtype.type
    for column in range(len(sums)):
        sums[column] = kind(above[column]) + kind(here[column]) + kind(below[column])


@inlined
def _residual(sums, column, expected, gain):  # type: ignore[no-untyped-def]
    kind = sums.dtype.type
    total = kind(sums[column] + sums[column + 1] + sums[column + 2])
    return kind(total - expected - kind((np.int32(expected) * gain) >> 16))


@compiled
def _reduce_band(sums, expected, low, high, keep, gain, band_sum, hit):  # type: ignore[no-untyped-def]
    """Eight rows of residuals at each column: their sum, and whether one leaves [low, high]."""
    s0, s1, s2, s3 = sums[0], sums[1], sums[2], sums[3]
    s4, s5, s6, s7 = sums[4], sums[5], sums[6], sums[7]
    g0, g1, g2, g3 = np.int32(gain[0]), np.int32(gain[1]), np.int32(gain[2]), np.int32(gain[3])
    g4, g5, g6, g7 = np.int32(gain[4]), np.int32(gain[5]), np.int32(gain[6]), np.int32(gain[7])
    kind = band_sum.dtype.type
    for c in range(len(expected)):
        e = expected[c]
        h0, h1 = _residual(s0, c, e, g0), _residual(s1, c, e, g1)
        h2, h3 = _residual(s2, c, e, g2), _residual(s3, c, e, g3)
        h4, h5 = _residual(s4, c, e, g4), _residual(s5, c, e, g5)
        h6, h7 = _residual(s6, c, e, g6), _residual(s7, c, e, g7)
        band_sum[c] = kind(h0 + h1 + h2 + h3 + h4 + h5 + h6 + h7) & keep[c]
        highest = max(max(max(h0, h1), max(h2, h3)), max(max(h4, h5), max(h6, h7)))
        lowest = min(min(min(h0, h1), min(h2, h3)), min(min(h4, h5), min(h6, h7)))
        hit[c] = (highest > high[c]) | (lowest < low[c])


@compiled
def _lay_out(lanes, states, model, line):  # type: ignore[no-untyped-def]
    """Write one band's expectation: foil everywhere, coating in coated lanes, nothing judged at edges.

    `model` rows: coating expectation, coating tolerance, foil expectation, foil tolerance.
    `line` rows: expected, low, high, keep.
    """
    lowest, highest = np.iinfo(line.dtype).min, np.iinfo(line.dtype).max
    line[0], line[1], line[2], line[3] = model[2], -model[3], model[3], -1
    for lane in range(len(states)):
        left, right = lanes[lane, 1], lanes[lane, 2]
        if states[lane] == COATED:
            line[0, left:right], line[2, left:right] = model[0, left:right], model[1, left:right]
            line[1, left:right] = -model[1, left:right]
        outer_left, outer_right = lanes[lane, 0], lanes[lane, 3]
        if states[lane] == BOUNDARY:
            left = right
        if states[lane] == BARE:
            # Judged pixel by pixel, but part of no mean: the means are those of the coating.
            line[3, outer_left:outer_right] = 0
        else:
            for begin, end in ((outer_left, left), (right, outer_right)):
                line[1, begin:end], line[2, begin:end], line[3, begin:end] = lowest, highest, 0
    for column in (0, line.shape[1] - 1):
        line[1, column], line[2, column], line[3, column] = lowest, highest, 0


@compiled
def screen_bands(pixels, model, lanes, states, gain, flags, tile_sums, profiles, bands_per_profile):  # type: ignore[no-untyped-def]
    """Compare every 3x3 sum with what its column should show.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns), uint8 or uint16
    model : ndarray of shape (4, columns), int16 or int32 as `accumulator` says
        Nine times the expected grey level and the tolerated deviation, for coating, then for foil.
    lanes : ndarray of shape (bands, lanes, 4), int64
        Outer left, left, right, outer right column of each lane: judged as coating inside
        [left, right), as foil outside [outer left, outer right), not at all between.
    states : ndarray of shape (bands, lanes), int8
        COATED, BARE or BOUNDARY.
    gain : ndarray of shape (rows,), int16
        Row gain minus one, in units of 2**-16.
    flags : ndarray of shape (bands, tiles), uint8, written
        1 where a 3x3 sum left its tolerance. Bands and tiles are rounded up: the last band ends
        with the frame and overlaps the one before, the last tile may be narrower than eight columns.
    tile_sums : ndarray of shape (bands, tiles), int32, written
        Sum of the 64 residuals of each tile, of those columns that are judged.
    profiles : ndarray of shape (segments, columns), int32, added to
        Sum of the residuals down each column, `bands_per_profile` bands a segment.
    """
    rows, columns = pixels.shape
    sums = np.empty((8, CHUNK_COLUMNS + 2), model.dtype)
    line = np.empty((4, columns), model.dtype)
    band_sum = np.zeros(8 * flags.shape[1], model.dtype)
    hit = np.zeros(8 * flags.shape[1], np.uint8)
    hit_tiles = hit.view(np.uint64)
    for band in range(len(lanes)):
        if band == 0 or np.any(lanes[band] != lanes[band - 1]) or np.any(states[band] != states[band - 1]):
            _lay_out(lanes[band], states[band], model, line)
        top = min(band * 8, rows - 8)
        for left in range(1, columns - 1, CHUNK_COLUMNS):
            right = min(left + CHUNK_COLUMNS, columns - 1)
            width = right - left
            for r in range(8):
                # The frame's first and last row have no 3x3 neighbourhood: their neighbour's stands in.
                y = min(max(top + r, 1), rows - 2)
                a, b = left - 1, right + 1
                _vertical_sums(pixels[y - 1, a:b], pixels[y, a:b], pixels[y + 1, a:b], sums[r, : width + 2])
            _reduce_band(
                sums, line[0, left:right], line[1, left:right], line[2, left:right], line[3, left:right],
                gain[top : top + 8], band_sum[left:right], hit[left:right],
            )  # fmt: skip
        for tile in range(flags.shape[1]):
            flags[band, tile] = hit_tiles[tile] != 0
            c = 8 * tile
            tile_sums[band, tile] = (
                np.int32(band_sum[c]) + band_sum[c + 1] + band_sum[c + 2] + band_sum[c + 3]
                + band_sum[c + 4] + band_sum[c + 5] + band_sum[c + 6] + band_sum[c + 7]
            )  # fmt: skip
        profile = profiles[min(band // bands_per_profile, len(profiles) - 1)]
        for column in range(columns):
            profile[column] += band_sum[column]
