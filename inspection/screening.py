"""Screening: which places deserve a second look.

In:  pixels, light, web, calibration.
Out: flagged tiles of 8 x 8 px, boxes of several widths and columns that stand out of the noise.

Every pixel is read once. Point defects survive as extremes of 3x3 means, wide faint ones as means
over boxes of tiles, streaks as means down the columns over part of the frame and over all of it.
Each is a matched filter for its shape (Turin, IRE Trans. IT-6, 1960), so thresholds are plain
multiples of the noise that calibration measured at the same scale.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import cv2
import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.calibration import PROFILE_WIDTHS_PX, WIDE_TILES, Calibration
from inspection.flat_field import Light
from inspection.frame import Pixels
from inspection.kernels.averaging import box_means, column_means, weigh_columns, weigh_tiles
from inspection.kernels.reading import BAND_ROWS, COATED, accumulator, screen_bands
from inspection.web import Web, bands_in

TILE_PX = 8
SUM_TO_GL = 1 / 9
"""A 3x3 sum in grey levels of its mean."""

PART_BANDS = 16
"""Bands in one part of a frame for streaks that do not run its whole height: 128 rows."""

BACKGROUND_COLUMNS = 128
"""Columns on either side that a streak is compared with; anything wider is a matter for boxes and the lamp."""


@dataclass(frozen=True)
class ScreeningSettings:
    """How much a product's thresholds depart from the calibrated ones.

    Attributes
    ----------
    sensitivity : float
        Divides every threshold: 1 as calibrated, 0.8 sees less and alarms less.
    """

    sensitivity: Annotated[float, Interval(ge=0.1, le=10)] = 1.0


@dataclass(frozen=True, eq=False)
class Expectation:
    """What each column should show.

    Attributes
    ----------
    coating_gl, foil_gl : ndarray of shape (columns,), float32
        Grey levels of 3x3 means under this frame's light, at row gain 1.
    row_gain : ndarray of shape (rows,), float32
    known_columns : ndarray of shape (columns,), bool
        Where the flat field was measured, so that a streak can be told from a column's own gain.
    lanes : ndarray of shape (bands, lanes, 4), int64
        Outer left, left, right, outer right: coating inside, foil outside, edge between.
    states : ndarray of shape (bands, lanes), int8
    """

    coating_gl: NDArray[np.float32]
    foil_gl: NDArray[np.float32]
    row_gain: NDArray[np.float32]
    known_columns: NDArray[np.bool_]
    lanes: NDArray[np.int64]
    states: NDArray[np.int8]

    @cached_property
    def coated_columns(self) -> NDArray[np.bool_]:
        """Columns that lie inside a lane all along the frame, shape (columns,)."""
        coated = np.zeros(len(self.coating_gl), bool)
        for limits in self.lanes.transpose(1, 0, 2):
            coated[limits[:, 1].max() : limits[:, 2].min()] = True
        return coated

    @cached_property
    def judged_columns(self) -> NDArray[np.float32]:
        """How much a column's sum counts, by part of the frame and over all of it.

        0 where an edge passes, the flat field is not known, or less than half is coated; 1 where all
        of it is; 1 / sqrt(share) between, because a mean over fewer rows has more noise.

        Returns
        -------
        ndarray of shape (parts + 1, columns), float32
        """
        known = self.known_columns.astype(np.float32)
        known[[0, -1]] = 0
        judged = np.broadcast_to(known, (_parts(len(self.states)) + 1, len(known))).copy()
        for lane, limits in enumerate(self.lanes.transpose(1, 0, 2)):
            judged[:, limits[:, 0].min() : limits[:, 1].max()] = 0
            judged[:, limits[:, 2].min() : limits[:, 3].max()] = 0
            coated = self.states[:, lane] == COATED
            if not coated.all():
                judged[:, limits[:, 1].max() : limits[:, 2].min()] *= _weight_of_shares(coated)[:, None]
        return judged


def _parts(bands: int) -> int:
    return max(bands // PART_BANDS, 1)


def _weight_of_shares(coated: NDArray[np.bool_]) -> NDArray[np.float32]:
    """For each part and for all bands: 1 / sqrt(share coated), 0 below half."""
    ends = [*range(PART_BANDS, _parts(len(coated)) * PART_BANDS, PART_BANDS), len(coated)]
    shares = np.array([part.mean() for part in np.split(coated, ends[:-1])] + [coated.mean()])
    return np.where(shares >= 0.5, 1 / np.sqrt(np.maximum(shares, 0.5)), 0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Screening:
    """What stood out.

    Attributes
    ----------
    expectation : Expectation
    points : ndarray of shape (bands, tiles), uint8
        1 where a 3x3 mean in the tile is beyond its threshold.
    tile_sums : ndarray of shape (bands, tiles), int32
        Nine times the summed deviation of each tile in grey levels.
    column_sums : ndarray of shape (parts, columns), int32
        The same down each column, by part of the frame.
    wide : dict of box side in tiles to ndarray of shape (bands, tiles), float32
        Box means in multiples of their limit, signed; 0 where not judged.
    profiles : dict of width in px to ndarray of shape (parts + 1, columns), float32
        Column means in multiples of their limit, signed; the last row is the whole height.
    clean : bool
        Nothing stood out.
    """

    expectation: Expectation
    points: NDArray[np.uint8]
    tile_sums: NDArray[np.int32]
    column_sums: NDArray[np.int32]
    wide: dict[int, NDArray[np.float32]]
    profiles: dict[int, NDArray[np.float32]]
    clean: bool


def screen(
    pixels: Pixels,
    light: Light,
    web: Web,
    calibration: Calibration,
    settings: ScreeningSettings,
    guard_px: int,
) -> Screening:
    """Take the first look at a frame.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    light, web, calibration
        From the stages before.
    settings : ScreeningSettings
    guard_px : int
        Half-width of the strip along lane edges that is not judged by its grey.
    """
    expectation = expect(light, web, calibration, guard_px)
    points, tile_sums, column_sums = _read_every_pixel(pixels, expectation, calibration, settings)
    wide, wide_stand_out = wide_boxes(tile_sums, expectation, calibration, settings)
    profiles, columns_stand_out = column_profiles(column_sums, expectation, calibration, settings)
    clean = not (wide_stand_out or columns_stand_out or cv2.hasNonZero(points))
    return Screening(expectation, points, tile_sums, column_sums, wide, profiles, clean)


def expect(light: Light, web: Web, calibration: Calibration, guard_px: int) -> Expectation:
    """Lay the calibration over this frame: its light, its lanes."""
    per_column = calibration.gain_of_three * np.float32(light.level)
    coating = per_column * _lane_level_by_column(light, web, calibration) * np.float32(calibration.coating_gl)
    foil = per_column * np.float32(calibration.foil_gl) if calibration.sees_foil else coating
    limits = _lane_limits(web, calibration.columns, guard_px)
    return Expectation(coating, foil, light.row_gain, calibration.known_columns, limits, web.states)


def _lane_level_by_column(light: Light, web: Web, calibration: Calibration) -> NDArray[np.float32]:
    """Each lane's level, changing half-way between lanes."""
    lanes = web.lanes_px
    between = ((lanes[:-1, 1] + lanes[1:, 0]) / 2).astype(int)
    widths = np.diff(np.concatenate([[0], between, [calibration.columns]]))
    return np.repeat(light.lane_levels.astype(np.float32), widths)


def _lane_limits(web: Web, columns: int, guard_px: int) -> NDArray[np.int64]:
    left, right = web.course_px[:, 0], web.course_px[:, 1]
    guard_left, guard_right = guard_px * ~web.open_edges[:, 0, None], guard_px * ~web.open_edges[:, 1, None]
    limits = [
        np.floor(left - guard_left), np.ceil(left + guard_left),
        np.floor(right - guard_right), np.ceil(right + guard_right),
    ]  # fmt: skip
    clipped: NDArray[np.int64] = np.clip(np.stack(limits, axis=2).transpose(1, 0, 2), 0, columns).astype(np.int64)
    return clipped


def _read_every_pixel(
    pixels: Pixels, expectation: Expectation, calibration: Calibration, settings: ScreeningSettings
) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32]]:
    bands, tiles = bands_in(pixels.shape[0]), -(-pixels.shape[1] // TILE_PX)
    kind = accumulator(pixels)
    flags, tile_sums = np.empty((bands, tiles), np.uint8), np.empty((bands, tiles), np.int32)
    column_sums = np.zeros((_parts(bands), pixels.shape[1]), np.int32)
    gain = np.clip((expectation.row_gain - 1) * 65536, -32768, 32767).astype(np.int16)
    model = _integer_model(expectation, calibration, settings).astype(kind)
    screen_bands(pixels, model, expectation.lanes, expectation.states, gain, flags, tile_sums, column_sums, PART_BANDS)
    return flags, tile_sums, column_sums


def _integer_model(
    expectation: Expectation, calibration: Calibration, settings: ScreeningSettings
) -> NDArray[np.float32]:
    """Expectation and tolerance of 3x3 sums, for coating and foil, shape (4, columns)."""
    model = np.empty((4, calibration.columns), np.float32)
    model[0], model[2] = expectation.coating_gl, expectation.foil_gl
    model[1] = calibration.coating.limit("point") / settings.sensitivity
    model[3] = calibration.foil.limit("point") / settings.sensitivity
    model /= SUM_TO_GL
    return np.minimum(np.rint(model), 32000 if calibration.bits == 8 else 2**30)


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


def wide_boxes(
    tile_sums: NDArray[np.int32],
    expectation: Expectation,
    calibration: Calibration,
    settings: ScreeningSettings,
    aside: Sequence[tuple[slice, slice]] = (),
) -> tuple[dict[int, NDArray[np.float32]], bool]:
    """Box means over their limits, and whether one is beyond.

    Single tiles are judged everywhere; larger boxes over coating only, because gaps of foil are
    narrow and its roll marks would spoil the mean. Tiles `aside` do not count.
    """
    scale, coated = _tile_limits(expectation, calibration, tile_sums.shape[1])
    scale *= np.float32(settings.sensitivity)
    for window in aside:
        scale[window] = coated[window] = 0
    over = {tiles: np.empty(tile_sums.shape, np.float32) for tiles in WIDE_TILES}
    beyond = weigh_tiles(tile_sums, scale, over[1])
    for tiles in WIDE_TILES[1:]:
        limit = calibration.coating.limit(f"wide_{TILE_PX * tiles}") / calibration.coating.limit("wide_8")
        beyond |= box_means(over[1], coated, tiles, limit, over[tiles])
    return over, beyond


def column_profiles(
    column_sums: NDArray[Any],
    expectation: Expectation,
    calibration: Calibration,
    settings: ScreeningSettings,
) -> tuple[dict[int, NDArray[np.float32]], bool]:
    """Column means over their limits, by width, and whether one is beyond.

    Rows are parts of the frame, then all of it.
    """
    parts = len(column_sums)
    sums = np.empty((parts + 1, column_sums.shape[1]))
    sums[:-1] = column_sums
    column_sums.sum(axis=0, out=sums[-1])
    coated, judged = expectation.coated_columns.astype(np.float32), expectation.judged_columns
    means = column_means(sums, judged, coated, BACKGROUND_COLUMNS)
    over, beyond = {}, False
    for width in PROFILE_WIDTHS_PX:
        over[width] = np.empty(means.shape, np.float32)
        scales = _profile_scales(width, parts, len(expectation.row_gain), calibration)
        beyond |= weigh_columns(means, width, judged, coated, scales * np.float32(settings.sensitivity), over[width])
    return over, beyond


def _profile_scales(width: int, parts: int, rows: int, calibration: Calibration) -> NDArray[np.float32]:
    """One over the limit of a sum down `width` columns, by part of the frame and material.

    Noise was measured on frames of the calibration's height; the mean over fewer rows has more.
    """
    part_rows, calibrated_part_rows = rows / parts, calibration.rows / _parts(bands_in(calibration.rows))
    scales = np.empty((parts + 1, 2), np.float32)
    for material, noise in enumerate((calibration.coating, calibration.foil)):
        part_limit = noise.limit(f"part_{width}") * math.sqrt(calibrated_part_rows / part_rows)
        whole_limit = noise.limit(f"streak_{width}") * math.sqrt(calibration.rows / rows)
        scales[:parts, material] = SUM_TO_GL / (part_rows * width * part_limit)
        scales[parts, material] = SUM_TO_GL / (rows * width * whole_limit)
    return scales
