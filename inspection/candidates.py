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

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.frame import Pixels
from inspection.geometry import Box
from inspection.kernels import BAND_ROWS
from inspection.regions import Region, Source
from inspection.screening import Expectation
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
    lanes = tuple(_lane(region.box, web) for region in regions)
    near = [_near(region.box, pixels.shape) for region in regions]
    whole = [_whole(region.box, pixels.shape) for region in regions]
    light = _Light(pixels, expectation, calibration)
    crops = np.empty((len(regions), len(CHANNELS), CROP_PX, CROP_PX), np.float32)
    crops[:, 0], crops[:, 1], _ = light.pictures(near, lanes)
    crops[:, 2], crops[:, 3], grey = light.pictures(whole, lanes)
    for crop, region, box in zip(crops, regions, whole, strict=True):
        crop[4] = _mask(region, box)
    features = _features(regions, lanes, crops, web, calibration, pixels.shape)
    pictures = (grey * (255 / (2**calibration.bits - 1))).astype(np.uint8)
    return Candidates(tuple(regions), lanes, crops, features, pictures)


def _lane(box: Box, web: Web) -> int | None:
    """The lane that holds the middle of a box: also when the box is wider than the lane."""
    row, column = box.centre
    band = min(int(row) // BAND_ROWS, web.course_px.shape[2] - 1)
    for lane, (left, right) in enumerate(web.course_px[:, :, band]):
        if left <= column < right:
            return lane
    return None


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


class _Light:
    """Turns windows of grey levels into reflectance and noise units, many windows at once."""

    def __init__(self, pixels: Pixels, expectation: Expectation, calibration: Calibration) -> None:
        self.pixels, self.row_gain = pixels, expectation.row_gain
        self.coating, foil = expectation.coating_gl, expectation.foil_gl
        self.foil = foil if calibration.sees_foil else self.coating * (1 + _STEP_WITHOUT_FOIL)
        self.sigma = calibration.coating.sigma["point"], calibration.foil.sigma["point"]

    def pictures(
        self, windows: Sequence[Box], lanes: Sequence[int | None]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Reflectance, compressed noise units and plain grey, each of shape (windows, 64, 64)."""
        grey = np.empty((len(windows), CROP_PX, CROP_PX), np.float32)
        coating, foil = np.empty((2, len(windows), 1, CROP_PX), np.float32)
        gain = np.empty((len(windows), CROP_PX, 1), np.float32)
        for n, box in enumerate(windows):
            _shrink(self.pixels[box.window], grey[n])
            columns = _samples(box.left, box.right)
            coating[n, 0], foil[n, 0] = self.coating[columns], self.foil[columns]
            gain[n, :, 0] = self.row_gain[_samples(box.top, box.bottom)]
        even = grey / gain
        on_foil = np.array([lane is None for lane in lanes])[:, None, None]
        quieter = np.array([max(box.height * box.width / CROP_PX**2, 1.0) for box in windows]) ** 0.5
        noise = np.where(on_foil[:, 0, 0], self.sigma[1], self.sigma[0]) / quieter
        sigma = (even - np.where(on_foil, foil, coating)) * (1 / noise).astype(np.float32)[:, None, None]
        reflectance = np.clip((even - coating) / (foil - coating), -1.0, 3.0)
        return reflectance, np.arcsinh(sigma / 4) / 3, grey


def _shrink(window: Pixels, out: NDArray[np.float32]) -> None:
    if window.shape == out.shape:
        out[:] = window
        return
    smaller = window.shape[0] * window.shape[1] < out.size
    how = cv2.INTER_LINEAR if smaller else cv2.INTER_AREA
    cv2.resize(window.astype(np.float32), (CROP_PX, CROP_PX), dst=out, interpolation=how)


def _samples(begin: int, end: int) -> NDArray[np.int64]:
    return begin + (np.arange(CROP_PX) * 2 + 1) * (end - begin) // (2 * CROP_PX)


def _mask(region: Region, window: Box) -> NDArray[np.float32]:
    """The region's pixels in the cells of its window; any pixel fills its cell."""
    mask = np.zeros((CROP_PX, CROP_PX), np.float32)
    rows, columns = np.nonzero(region.mask)
    rows = (rows + region.box.top - window.top) * CROP_PX // window.height
    columns = (columns + region.box.left - window.left) * CROP_PX // window.width
    mask[np.clip(rows, 0, CROP_PX - 1), np.clip(columns, 0, CROP_PX - 1)] = 1
    return mask


def _features(
    regions: Sequence[Region],
    lanes: Sequence[int | None],
    crops: NDArray[np.float32],
    web: Web,
    calibration: Calibration,
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    placement, rows = calibration.placement, []
    for region, lane, crop in zip(regions, lanes, crops, strict=True):
        box, (longer, shorter, degrees) = region.box, region.axes
        turn = np.radians(2 * degrees)
        inside = crop[2][crop[4] > 0]
        length_mm, width_mm = box.height * placement.mm_per_px_down, box.width * placement.mm_per_px_cross
        area_mm2 = region.area_px * placement.mm_per_px_down * placement.mm_per_px_cross
        rows.append((
            np.log10(length_mm), np.log10(width_mm), np.log10(area_mm2), np.log10(longer), np.log10(shorter),
            np.log10(longer / shorter), -np.cos(turn), np.sin(turn), region.area_px / (box.height * box.width),
            np.arcsinh(region.contrast_sigma / 4) / 3, inside.min(), inside.mean(), inside.max(),
            np.arcsinh(_edge_distance_px(box, web) * placement.mm_per_px_cross), lane is None,
            box.height / shape[0], box.width / shape[1],
            region.source is Source.WIDE, region.source is Source.STREAK, region.source is Source.EDGE,
        ))  # fmt: skip
    return np.array(rows, np.float32).reshape(-1, len(FEATURES))


def _edge_distance_px(box: Box, web: Web) -> float:
    """Columns from the box to the nearest lane edge in sight; 0 when one passes through it."""
    band = min(int(box.centre[0]) // BAND_ROWS, web.course_px.shape[2] - 1)
    edges = web.course_px[:, :, band][~web.open_edges]
    if not len(edges):
        return float(10 * CROP_PX)
    return float(np.maximum(np.maximum(box.left - edges, edges - box.right), 0).min())
