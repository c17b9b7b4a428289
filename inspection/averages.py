"""Averages: wide faint stains and long faint streaks, inside the noise of every single pixel.

In:  the sums of screening, the windows that segmentation looked at again, calibration.
Out: means over boxes of several sizes and down columns, in multiples of their limits.

Each mean is a matched filter for its shape (Turin, IRE Trans. IT-6, 1960). What a window holds is
set aside first: a bare spot raises every mean it is part of and would be found three times.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.calibration import WIDE_TILES, Calibration
from inspection.expectation import PART_BANDS, Expectation, parts_in
from inspection.geometry import Box
from inspection.kernels.averaging import level_bands, soft_box_means, weigh_tiles
from inspection.kernels.profiles import column_means, find_runs, match_columns
from inspection.kernels.reading import BAND_ROWS, COATED
from inspection.kernels.windows import set_aside
from inspection.screening import SUM_TO_GL, TILE_PX, Screening, ScreeningSettings
from inspection.segmentation import STEPS_PER_SIGMA, Patch
from inspection.streak_filters import WIDTHS_PX
from inspection.web import bands_in

BACKGROUND_COLUMNS = 128
"""Columns on either side that a streak is compared with; anything wider is a matter for boxes and the lamp."""

_CELL_COLUMNS = 32
"""The strongest answer around a column is sought in steps of these: exact to a quarter of the background."""

_COMMON_SIGMA = 1.0
"""Most that a band's tiles may share before it counts as something on the web, in sigmas of one tile."""


@dataclass(frozen=True, eq=False)
class Averages:
    """What stands out besides the patches.

    Attributes
    ----------
    wide : dict of box side in tiles to ndarray of shape (bands, tiles), float32
        Box means in multiples of their limit, signed; 0 where not judged.
    profiles : dict of width in px to ndarray of shape (parts + 1, columns), float32
        Answers of each width's filter in multiples of their limit, signed; the last row is the whole height.
    columns : ndarray of shape (parts + 1, columns), float32
        What they were made from: deviations of column sums (of 3x3 sums, over the noise gain) from the
        coating around them; 0 where not judged.
    wide_clean, profiles_clean : bool
        None of them is beyond its limit.
    """

    wide: dict[int, NDArray[np.float32]]
    profiles: dict[int, NDArray[np.float32]]
    columns: NDArray[np.float32]
    wide_clean: bool
    profiles_clean: bool


def average(
    screening: Screening,
    patches: Sequence[Patch],
    calibration: Calibration,
    settings: ScreeningSettings,
    *,
    shadows: bool = False,
) -> Averages:
    """Judge the means of a frame without its patches.

    Parameters
    ----------
    screening : Screening
    patches : sequence of Patch
        From segmentation.
    calibration : Calibration
    settings : ScreeningSettings
    shadows : bool
        Leave the shadows that streaks cast on the coating beside them. Calibration does: under its draft
        limits everything is a streak.
    """
    aside = [_tiles(patch.box) for patch in patches]
    wide, wide_stand_out = _wide_boxes(screening.tile_sums, screening.expectation, calibration, settings, aside)
    sums = _sums_of_parts(patches, screening, calibration)
    columns, profiles, columns_stand_out = _streaks(
        sums, np.ones_like(sums, np.float32), screening, calibration, settings
    )
    if columns_stand_out and not shadows:
        quiet = _quiet(profiles)
        columns, profiles, columns_stand_out = _streaks(sums, quiet, screening, calibration, settings)
    return Averages(wide, profiles, columns, not wide_stand_out, not columns_stand_out)


def _tiles(box: Box) -> tuple[slice, slice]:
    """The tiles that a box touches."""
    return (
        slice(box.top // BAND_ROWS, -(-box.bottom // BAND_ROWS)),
        slice(box.left // TILE_PX, -(-box.right // TILE_PX)),
    )


def _without(patches: Sequence[Patch], screening: Screening, calibration: Calibration) -> NDArray[Any]:
    """Column sums less what the patches added to them."""
    if not patches:
        return screening.column_sums
    coated, column_sums = screening.expectation.coated_columns, screening.column_sums.astype(np.float64)
    sigma = np.where(coated, calibration.coating.sigma["point"], calibration.foil.sigma["point"])
    grey_per_step = (sigma * screening.expectation.noise_gain / (STEPS_PER_SIGMA * SUM_TO_GL)).astype(np.float32)
    for patch in patches:
        columns = slice(patch.box.left, patch.box.right)
        set_aside(patch.steps, patch.box.top, grey_per_step[columns], PART_BANDS * BAND_ROWS, column_sums[:, columns])
    return column_sums


def _tile_limits(
    expectation: Expectation, calibration: Calibration, tiles: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One over the tolerated sum of each tile, and 1 for tiles of coating; both 0 where an edge passes.

    Returns
    -------
    scale, coated : ndarray of shape (bands, tiles), float32
    """
    states = expectation.states
    limits = np.empty((2, len(states), tiles), np.float32)
    if (states == states[0]).all():
        limits[:] = _tile_line(expectation, calibration, states[0], tiles)[:, None]
    else:
        for band, state in enumerate(states):
            limits[:, band] = _tile_line(expectation, calibration, state, tiles)
    return limits[0], limits[1]


def _tile_line(
    expectation: Expectation, calibration: Calibration, states: NDArray[np.int8], tiles: int
) -> NDArray[np.float32]:
    """One band of `_tile_limits`: scale and coated, shape (2, tiles)."""
    pixels_times_nine = TILE_PX * BAND_ROWS / SUM_TO_GL
    line = np.zeros((2, tiles), np.float32)
    line[0] = 1 / (pixels_times_nine * calibration.foil.limit("wide_8"))
    outermost, innermost = expectation.lanes.min(axis=0).tolist(), expectation.lanes.max(axis=0).tolist()
    for outer, inner, state in zip(outermost, innermost, states, strict=True):
        line[0, outer[0] // TILE_PX : -(-inner[3] // TILE_PX)] = 0
        if state == COATED:
            inside = slice(-(-inner[1] // TILE_PX), outer[2] // TILE_PX)
            line[0, inside] = 1 / (pixels_times_nine * calibration.coating.limit("wide_8"))
            line[1, inside] = 1
    # The frame's first and last column are never judged, so tiles at the rim are not whole.
    line[:, 0] = line[:, -1] = 0
    return line


def _tile_noise(expectation: Expectation) -> NDArray[np.float32]:
    """Mean noise gain of each tile's columns."""
    begins = np.arange(0, len(expectation.noise_gain), TILE_PX)
    counts = np.minimum(TILE_PX, len(expectation.noise_gain) - begins)
    noise: NDArray[np.float32] = np.add.reduceat(expectation.noise_gain, begins)
    return (noise / counts).astype(np.float32)


def _wide_boxes(
    tile_sums: NDArray[np.int32],
    expectation: Expectation,
    calibration: Calibration,
    settings: ScreeningSettings,
    aside: Sequence[tuple[slice, slice]],
) -> tuple[dict[int, NDArray[np.float32]], bool]:
    """Box means over their limits, and whether one is beyond.

    Single tiles are judged everywhere; larger boxes over coating only, because gaps of foil are
    narrow and its roll marks would spoil the mean. Tiles `aside` do not count.
    """
    scale, coated = _tile_limits(expectation, calibration, tile_sums.shape[1])
    scale *= np.float32(settings.sensitivity)
    np.divide(scale, _tile_noise(expectation), out=scale)
    for window in aside:
        scale[window] = coated[window] = 0
    over = {tiles: np.empty(tile_sums.shape, np.float32) for tiles in WIDE_TILES}
    beyond = weigh_tiles(tile_sums, scale, over[1])
    level = level_bands(over[1], coated, _COMMON_SIGMA / calibration.coating.threshold_sigma["wide_8"])
    for tiles in WIDE_TILES[1:]:
        limit = calibration.coating.limit(f"wide_{TILE_PX * tiles}") / calibration.coating.limit("wide_8")
        beyond |= soft_box_means(level, coated, tiles, limit, over[tiles])
    return over, beyond


def _sums_of_parts(patches: Sequence[Patch], screening: Screening, calibration: Calibration) -> NDArray[np.float64]:
    """Column sums without patches, by part of the frame, then over all of it."""
    column_sums = _without(patches, screening, calibration)
    sums = np.empty((len(column_sums) + 1, column_sums.shape[1]))
    sums[:-1] = column_sums
    column_sums.sum(axis=0, out=sums[-1])
    return sums


def _streaks(
    sums: NDArray[np.float64],
    quiet: NDArray[np.float32],
    screening: Screening,
    calibration: Calibration,
    settings: ScreeningSettings,
) -> tuple[NDArray[np.float32], dict[int, NDArray[np.float32]], bool]:
    """Columns less their background, the streak filters' answers over their limits, and whether one is beyond."""
    coated, judged = screening.expectation.coated_columns.astype(np.float32), screening.expectation.judged_columns
    columns = column_means(sums, judged, coated, quiet, BACKGROUND_COLUMNS)
    over, beyond, runs = {}, False, find_runs(judged, coated)
    for width, taps in zip(WIDTHS_PX, calibration.streak_filters, strict=True):
        over[width] = np.empty(columns.shape, np.float32)
        scales = _profile_scales(width, len(columns) - 1, len(screening.expectation.row_gain), calibration)
        scales *= np.float32(settings.sensitivity)
        beyond |= match_columns(columns, taps, width // 2, runs, scales, over[width])
    return columns, over, beyond


def _quiet(profiles: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """0 where streaks stand out most, which would leave their shadow on the background beside them; else 1.

    Such a column is beyond half its limit and beyond half of the strongest answer around it;
    shadows are fainter, by the streak's width over that of the background.
    """
    strongest = np.max([np.abs(over) for over in profiles.values()], axis=0)
    cells = np.maximum.reduceat(strongest, np.arange(0, strongest.shape[1], _CELL_COLUMNS), axis=1)
    reach = BACKGROUND_COLUMNS // _CELL_COLUMNS
    around = cv2.dilate(cells, np.ones((1, 2 * reach + 1), np.uint8)).repeat(_CELL_COLUMNS, axis=1)
    quiet: NDArray[np.float32] = (strongest < np.maximum(around[:, : strongest.shape[1]], 1) / 2).astype(np.float32)
    return quiet


def _profile_scales(width: int, parts: int, rows: int, calibration: Calibration) -> NDArray[np.float32]:
    """One over the limit of a filter's answer to column sums, by part of the frame and material.

    Noise was measured on frames of the calibration's height; the mean over fewer rows has more.
    """
    part_rows, calibrated_part_rows = rows / parts, calibration.rows / parts_in(bands_in(calibration.rows))
    scales = np.empty((parts + 1, 2), np.float32)
    for material, noise in enumerate((calibration.coating, calibration.foil)):
        part_limit = noise.limit(f"part_{width}") * math.sqrt(calibrated_part_rows / part_rows)
        whole_limit = noise.limit(f"streak_{width}") * math.sqrt(calibration.rows / rows)
        scales[:parts, material] = SUM_TO_GL / (part_rows * part_limit)
        scales[parts, material] = SUM_TO_GL / (rows * whole_limit)
    return scales
