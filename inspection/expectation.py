"""Expectation: what every column should show, coating and foil, under this frame's light.

In:  light, web, calibration.
Out: grey levels by column, lanes by band, and which columns can be judged at all.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import LOWEST_NOISE_GAIN, Calibration
from inspection.flat_field import Light
from inspection.kernels.reading import COATED
from inspection.web import Web

PART_BANDS = 16
"""Bands in one part of a frame for streaks that do not run its whole height: 128 rows."""


@dataclass(frozen=True, eq=False)
class Expectation:
    """What each column should show.

    Attributes
    ----------
    coating_gl, foil_gl : ndarray of shape (columns,), float32
        Grey levels of 3x3 means under this frame's light, at row gain 1.
    noise_gain : ndarray of shape (columns,), float32
        How restless each column is under this light, in multiples of the calibrated noise.
    row_gain : ndarray of shape (rows,), float32
    known_columns : ndarray of shape (columns,), bool
        Where the flat field was measured, so that a streak can be told from a column's own gain.
    lanes : ndarray of shape (bands, lanes, 4), int64
        Outer left, left, right, outer right: coating inside, foil outside, edge between.
    states : ndarray of shape (bands, lanes), int8
    """

    coating_gl: NDArray[np.float32]
    foil_gl: NDArray[np.float32]
    noise_gain: NDArray[np.float32]
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

        0 where an edge passes, the flat field is not known, or less than half is coated; else one over
        the column's noise, times 1 / sqrt(share) where a share is coated: fewer rows have more noise.

        Returns
        -------
        ndarray of shape (parts + 1, columns), float32
        """
        known = self.known_columns.astype(np.float32) / self.noise_gain
        known[[0, -1]] = 0
        judged: NDArray[np.float32] = np.broadcast_to(known, (parts_in(len(self.states)) + 1, len(known))).copy()
        for lane, limits in enumerate(self.lanes.transpose(1, 0, 2)):
            judged[:, limits[:, 0].min() : limits[:, 1].max()] = 0
            judged[:, limits[:, 2].min() : limits[:, 3].max()] = 0
            coated = self.states[:, lane] == COATED
            if not coated.all():
                judged[:, limits[:, 1].max() : limits[:, 2].min()] *= _weight_of_shares(coated)[:, None]
        return judged


def parts_in(bands: int) -> int:
    """Parts of a frame for streaks that do not run its whole height; the last takes the bands that are left."""
    return max(bands // PART_BANDS, 1)


def _weight_of_shares(coated: NDArray[np.bool_]) -> NDArray[np.float32]:
    """For each part and for all bands: 1 / sqrt(share coated), 0 below half."""
    ends = [*range(PART_BANDS, parts_in(len(coated)) * PART_BANDS, PART_BANDS), len(coated)]
    shares = np.array([part.mean() for part in np.split(coated, ends[:-1])] + [coated.mean()])
    return np.where(shares >= 0.5, 1 / np.sqrt(np.maximum(shares, 0.5)), 0).astype(np.float32)


def expect(light: Light, web: Web, calibration: Calibration, guard_px: int) -> Expectation:
    """Lay the calibration over this frame: its light, its lanes."""
    per_column = calibration.gain_of_three * np.float32(light.level)
    coating = per_column * _lane_level_by_column(light, web, calibration) * np.float32(calibration.coating_gl)
    foil = per_column * np.float32(calibration.foil_gl) if calibration.sees_foil else coating
    noise = calibration.noise_gain * np.float32(max(light.level, LOWEST_NOISE_GAIN))
    limits = _lane_limits(web, calibration.columns, guard_px)
    return Expectation(coating, foil, noise, light.row_gain, calibration.known_columns, limits, web.states)


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
    by_band = np.clip(np.stack(limits, axis=2).transpose(1, 0, 2), 0, columns)
    # In one order of memory whatever the number of lanes: kernels are compiled for each.
    clipped: NDArray[np.int64] = by_band.astype(np.int64, order="C")
    return clipped
