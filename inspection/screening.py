"""Screening: which places deserve a second look.

In:  pixels, expectation, calibration.
Out: flagged tiles of 8 x 8 px, and the sums that `averages` judges for wide and long defects.

Every pixel is read once. Point defects survive as extremes of 3x3 means, a matched filter for
their shape (Turin, IRE Trans. IT-6, 1960), so the threshold is a plain multiple of the noise that
calibration measured at the same scale.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.expectation import PART_BANDS, Expectation, parts_in
from inspection.frame import Pixels
from inspection.kernels.reading import accumulator, screen_bands
from inspection.web import bands_in

TILE_PX = 8
SUM_TO_GL = 1 / 9
"""A 3x3 sum in grey levels of its mean."""


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
class Screening:
    """What the first look saw.

    Attributes
    ----------
    expectation : Expectation
        What it was compared with.
    points : ndarray of shape (bands, tiles), uint8
        1 where a 3x3 mean in the tile is beyond its threshold.
    tile_sums : ndarray of shape (bands, tiles), int32
        Nine times the summed deviation of each tile in grey levels.
    column_sums : ndarray of shape (parts, columns), int32
        The same down each column, by part of the frame.
    """

    expectation: Expectation
    points: NDArray[np.uint8]
    tile_sums: NDArray[np.int32]
    column_sums: NDArray[np.int32]


def screen(
    pixels: Pixels, expectation: Expectation, calibration: Calibration, settings: ScreeningSettings
) -> Screening:
    """Take the first look at a frame.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    expectation : Expectation
    calibration : Calibration
    settings : ScreeningSettings
    """
    bands, tiles = bands_in(pixels.shape[0]), -(-pixels.shape[1] // TILE_PX)
    kind = accumulator(pixels)
    flags, tile_sums = np.empty((bands, tiles), np.uint8), np.empty((bands, tiles), np.int32)
    column_sums = np.zeros((parts_in(bands), pixels.shape[1]), np.int32)
    gain = np.clip((expectation.row_gain - 1) * 65536, -32768, 32767).astype(np.int16)
    model = _integer_model(expectation, calibration, settings).astype(kind)
    screen_bands(pixels, model, expectation.lanes, expectation.states, gain, flags, tile_sums, column_sums, PART_BANDS)
    return Screening(expectation, flags, tile_sums, column_sums)


def _integer_model(
    expectation: Expectation, calibration: Calibration, settings: ScreeningSettings
) -> NDArray[np.float32]:
    """Expectation and tolerance of 3x3 sums, for coating and foil, shape (4, columns)."""
    model = np.empty((4, calibration.columns), np.float32)
    model[0], model[2] = expectation.coating_gl, expectation.foil_gl
    # Grain is reflectance: its noise, and so what is tolerated, grows with the light on a column.
    model[1] = calibration.coating.limit("point") / settings.sensitivity * expectation.noise_gain
    model[3] = calibration.foil.limit("point") / settings.sensitivity * expectation.noise_gain
    model /= SUM_TO_GL
    return np.minimum(np.rint(model), 32000 if calibration.bits == 8 else 2**30)
