"""Segmentation: the second look, at full resolution, only where screening asked for it.

In:  pixels, what stood out, calibration.
Out: windows of the deviation in noise units, one around each cluster of flagged tiles.
"""

from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.expectation import Expectation
from inspection.frame import Pixels
from inspection.geometry import Box
from inspection.kernels.growing import grow
from inspection.kernels.reading import BAND_ROWS
from inspection.kernels.windows import deviation_steps
from inspection.screening import TILE_PX, Screening

STEPS_PER_SIGMA = 32
"""Deviations are kept as int16 in 1/32 sigma: half the memory of floats, and far beyond saturation at 1023."""

_SAME_CLUSTER_TILES = 3
"""Flagged tiles this far apart share a window: the windows around them would overlap."""


@dataclass(frozen=True)
class SegmentationSettings:
    """When a second look is not worth taking.

    Attributes
    ----------
    largest_flagged_share : float
        Share of tiles beyond which the frame counts as flooded.
    """

    largest_flagged_share: Annotated[float, Interval(gt=0, le=1)] = 0.6


@dataclass(frozen=True, eq=False)
class Patch:
    """A window around flagged tiles.

    Attributes
    ----------
    box : Box
        Place in the frame.
    steps : ndarray of the box's shape, int16
        Deviation of the 3x3 mean in 1/32 noise sigma; 0 where not judged.
    """

    box: Box
    steps: NDArray[np.int16]


def flooded(screening: Screening, settings: SegmentationSettings) -> bool:
    """Whether so much stands out that single defects mean nothing."""
    return cv2.countNonZero(screening.points) > settings.largest_flagged_share * screening.points.size


def segment(pixels: Pixels, screening: Screening, calibration: Calibration) -> tuple[Patch, ...]:
    """Look again at each cluster of flagged tiles.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    screening : Screening
    calibration : Calibration
    """
    windows = _clusters(screening.points, pixels.shape)
    return tuple(Patch(box, deviation(pixels, screening.expectation, calibration, box)) for box in windows)


def _clusters(points: NDArray[np.uint8], shape: tuple[int, ...]) -> list[Box]:
    """Boxes around clusters of flagged tiles, one tile wider on every side."""
    extents = grow(points, 1, 1, _SAME_CLUSTER_TILES).extents
    bands, (rows, columns) = len(points), shape
    boxes = []
    for top, left, bottom, right, _ in extents.tolist():
        begin, end = max(top - 1, 0), min(bottom + 1, bands)
        bottom_px = rows if end == bands else end * BAND_ROWS
        top_px = min(begin * BAND_ROWS, rows - BAND_ROWS)
        boxes.append(Box(top_px, max(left - 1, 0) * TILE_PX, bottom_px, min((right + 1) * TILE_PX, columns)))
    return boxes


def deviation(pixels: Pixels, expectation: Expectation, calibration: Calibration, box: Box) -> NDArray[np.int16]:
    """Deviation of 3x3 means from the expectation, in 1/32 sigma: what the first look compared with its limits.

    Returns
    -------
    ndarray of shape (box.height, box.width), int16
    """
    steps = np.empty((box.height, box.width), np.int16)
    weights = tuple(
        np.float32(STEPS_PER_SIGMA / noise.sigma["point"]) for noise in (calibration.coating, calibration.foil)
    )
    deviation_steps(
        pixels, box.top, box.left, expectation.coating_gl, expectation.foil_gl, expectation.noise_gain,
        expectation.row_gain, weights, expectation.lanes, expectation.states, steps,
    )  # fmt: skip
    return steps
