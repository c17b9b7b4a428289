"""Candidates: regions as the classifier sees them.

In:  pixels, regions, the expectation, the web.
Out: for each region two pictures of 64 x 64 cells and a row of measurements.

One picture is at the camera's own scale, so that a pinhole keeps its three pixels; the other is
of the whole region, so that a bare spot keeps its outline. What shrinking hides (true size,
place, direction) is in the measurements. Grey is told twice: as reflectance, where 0 is coating
and 1 is foil whatever the product, and in noise units, where faint things show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.expectation import Expectation
from inspection.frame import Pixels
from inspection.geometry import Box
from inspection.kernels.pictures import fill_cells, masked_range, take_picture
from inspection.kernels.reading import BAND_ROWS
from inspection.regions import Region, Source
from inspection.web import Web

CROP_PX = 64
CHANNELS = ("near_reflectance", "near_sigma", "whole_reflectance", "whole_sigma", "whole_mask")
FEATURES = (
    "log_length_mm", "log_width_mm", "log_area_mm2", "log_length_px", "log_thickness_px",
    "log_elongation", "along_web", "oblique", "filled", "contrast", "darkest", "mean", "brightest",
    "edge_distance", "on_foil", "share_of_height", "share_of_width", "from_wide", "from_streak", "from_edge",
)  # fmt: skip
"""What is measured of each region, in this order; lengths as log10 of mm or px."""

_MARGIN = 1.25
_STEP_WITHOUT_FOIL = 2.0
"""Foil's step over coating, in coating levels, where no foil was ever in sight."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Regions ready to be named.

    Attributes
    ----------
    regions : tuple of Region
    lanes : tuple of (int or None)
        Lane of each, from 0 at column 0; None on foil.
    crops : ndarray of shape (candidates, 5, 64, 64), float32
        Channels as in `CHANNELS`.
    features : ndarray of shape (candidates, 20), float32
        As in `FEATURES`.
    pictures : ndarray of shape (candidates, 64, 64), uint8
        The whole region in plain grey, for people.
    """

    regions: tuple[Region, ...]
    lanes: tuple[int | None, ...]
    crops: NDArray[np.float32]
    features: NDArray[np.float32]
    pictures: NDArray[np.uint8]


def cut_candidates(
    pixels: Pixels, regions: Sequence[Region], expectation: Expectation, web: Web, calibration: Calibration
) -> Candidates:
    """Cut and measure every region.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    regions : sequence of Region
    expectation, web, calibration
        From the stages before.
    """
    lanes = _lanes(regions, web)
    look = _Look(pixels, expectation, calibration)
    crops = np.zeros((len(regions), len(CHANNELS), CROP_PX, CROP_PX), np.float32)
    grey = np.empty((len(regions), CROP_PX, CROP_PX), np.float32)
    for n, (region, lane) in enumerate(zip(regions, lanes, strict=True)):
        look.take(_near(region.box, pixels.shape), lane is None, grey[n], crops[n, 0:2])
        whole = _whole(region.box, pixels.shape)
        look.take(whole, lane is None, grey[n], crops[n, 2:4])
        place = region.box.top - whole.top, region.box.left - whole.left
        fill_cells(region.mask, *place, (whole.height, whole.width), crops[n, 4])
    features = _features(regions, lanes, crops, web, calibration, pixels.shape)
    pictures = (grey * (255 / (2**calibration.bits - 1))).astype(np.uint8)
    return Candidates(tuple(regions), lanes, crops, features, pictures)


def _lanes(regions: Sequence[Region], web: Web) -> tuple[int | None, ...]:
    """The lane that holds the middle of each region: also of one that is wider than the lane."""
    if not regions:
        return ()
    middle = np.array([region.box.left + region.box.right for region in regions]) / 2
    left, right = web.course_px[:, :, _bands(regions, web)].transpose(1, 0, 2)
    inside = (left <= middle) & (middle < right)
    return tuple(int(column.argmax()) if column.any() else None for column in inside.T)


def _near(box: Box, shape: tuple[int, ...]) -> Box:
    row, column = box.centre
    return _around(row, column, (CROP_PX, CROP_PX), shape)


def _whole(box: Box, shape: tuple[int, ...]) -> Box:
    row, column = box.centre
    size = max(int(_MARGIN * box.height), CROP_PX), max(int(_MARGIN * box.width), CROP_PX)
    return _around(row, column, size, shape)


def _around(row: float, column: float, size: tuple[int, int], shape: tuple[int, ...]) -> Box:
    """A window of that size around a point, moved into the frame, cut where it is larger than the frame."""
    height, width = min(size[0], shape[0]), min(size[1], shape[1])
    top = min(max(int(row) - height // 2, 0), shape[0] - height)
    left = min(max(int(column) - width // 2, 0), shape[1] - width)
    return Box(top, left, top + height, left + width)


class _Look:
    """Turns windows of grey levels into reflectance and noise units."""

    def __init__(self, pixels: Pixels, expectation: Expectation, calibration: Calibration) -> None:
        self.pixels, self.row_gain = pixels, expectation.row_gain
        self.coating, foil = expectation.coating_gl, expectation.foil_gl
        self.foil = foil if calibration.sees_foil else self.coating * np.float32(1 + _STEP_WITHOUT_FOIL)
        self.sigma_gl = calibration.coating.sigma["point"], calibration.foil.sigma["point"]

    def take(self, window: Box, on_foil: bool, grey: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Write plain grey to `grey`, reflectance and compressed noise units to the two planes of `out`."""
        place = window.top, window.left, window.height, window.width
        sigma_gl = self.sigma_gl[on_foil]
        take_picture(self.pixels, place, self.row_gain, self.coating, self.foil, on_foil, sigma_gl, grey, *out)


def _features(
    regions: Sequence[Region],
    lanes: Sequence[int | None],
    crops: NDArray[np.float32],
    web: Web,
    calibration: Calibration,
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    if not regions:
        return np.empty((0, len(FEATURES)), np.float32)
    placement = calibration.placement
    sizes = np.array([(r.box.height, r.box.width, r.area_px, *r.axes, r.contrast_sigma) for r in regions]).T
    height, width, area, longer, shorter, degrees, contrast = sizes
    length_mm, width_mm = height * placement.mm_per_px_down, width * placement.mm_per_px_cross
    area_mm2 = area * placement.mm_per_px_down * placement.mm_per_px_cross
    distance_mm = _edge_distances_px(regions, web) * placement.mm_per_px_cross
    columns = (
        *np.log10([length_mm, width_mm, area_mm2, longer, shorter, longer / shorter]),
        -np.cos(np.radians(2 * degrees)), np.sin(np.radians(2 * degrees)), area / (height * width),
        contrast / (8 + np.abs(contrast)), *masked_range(crops[:, 2], crops[:, 4]), np.arcsinh(distance_mm),
        [lane is None for lane in lanes], height / shape[0], width / shape[1],
        *([r.source is source for r in regions] for source in (Source.WIDE, Source.STREAK, Source.EDGE)),
    )  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def _edge_distances_px(regions: Sequence[Region], web: Web) -> NDArray[np.float64]:
    """Columns from each region to the nearest lane edge in sight; 0 when one passes through it."""
    in_sight = ~web.open_edges
    if not in_sight.any():
        return np.full(len(regions), 10.0 * CROP_PX)
    edges = web.course_px[in_sight][:, _bands(regions, web)]
    begin, end = np.array([(r.box.left, r.box.right) for r in regions]).T
    distance: NDArray[np.float64] = np.maximum(np.maximum(begin - edges, edges - end), 0).min(axis=0)
    return distance


def _bands(regions: Sequence[Region], web: Web) -> NDArray[np.int64]:
    """The band that holds the middle of each region."""
    middle = np.array([(region.box.top + region.box.bottom) // 2 for region in regions], np.int64)
    bands: NDArray[np.int64] = np.minimum(middle // BAND_ROWS, web.course_px.shape[2] - 1)
    return bands
