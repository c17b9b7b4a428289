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
from inspection.kernels.pictures import fill_cells, masked_range, take_pictures
from inspection.kernels.reading import BAND_ROWS
from inspection.normality import describe
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
    unlike_product : ndarray of shape (candidates,), float64
        How far the near picture is from clean web, as in `normality`; NaN where that is not known.
    """

    regions: tuple[Region, ...]
    lanes: tuple[int | None, ...]
    crops: NDArray[np.float32]
    features: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    unlike_product: NDArray[np.float64]


_NONE = Candidates(
    (),
    (),
    np.empty((0, len(CHANNELS), CROP_PX, CROP_PX), np.float32),
    np.empty((0, len(FEATURES)), np.float32),
    np.empty((0, CROP_PX, CROP_PX), np.uint8),
    np.empty(0),
)
"""Nothing, as on a clean frame."""


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
    if not regions:
        return _NONE
    boxes = np.array([(r.box.top, r.box.left, r.box.bottom, r.box.right) for r in regions], np.int64)
    lanes = _lanes(boxes, web)
    crops = np.zeros((len(regions), len(CHANNELS), CROP_PX, CROP_PX), np.float32)
    grey = np.empty((len(regions), CROP_PX, CROP_PX), np.float32)
    windows, on_foil = _windows(boxes, pixels.shape), _on_foil(lanes)
    _take(pixels, windows, on_foil, expectation, calibration, grey, crops)
    for region, (top, left, height, width), cells in zip(regions, windows[:, 1].tolist(), crops[:, 4], strict=True):
        fill_cells(region.mask, region.box.top - top, region.box.left - left, (height, width), cells)
    features = _features(regions, boxes, lanes, crops, web, calibration, pixels.shape)
    pictures = (grey * (255 / (2**calibration.bits - 1))).astype(np.uint8)
    unlike = calibration.normality.scores(_described(crops, windows, on_foil, expectation), on_foil)
    return Candidates(tuple(regions), lanes, crops, features, pictures, unlike)


def describe_places(
    pixels: Pixels, boxes: NDArray[np.int64], expectation: Expectation, web: Web, calibration: Calibration
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Describe near pictures of any places just as those of candidates are.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    boxes : ndarray of shape (places, 4), int64
        Top, left, bottom, right.
    expectation, web, calibration
        From the stages before.

    Returns
    -------
    descriptions : ndarray of shape (places, 16), float64
        As in `normality.DESCRIPTION`.
    on_foil : ndarray of shape (places,), bool
    """
    crops = np.empty((len(boxes), len(CHANNELS), CROP_PX, CROP_PX), np.float32)
    windows, on_foil = _windows(boxes, pixels.shape), _on_foil(_lanes(boxes, web))
    _take(pixels, windows, on_foil, expectation, calibration, np.empty_like(crops[:, 0]), crops)
    return _described(crops, windows, on_foil, expectation), on_foil


def _described(
    crops: NDArray[np.float32], windows: NDArray[np.int64], on_foil: NDArray[np.bool_], expectation: Expectation
) -> NDArray[np.float64]:
    """What the near pictures look like."""
    near = CHANNELS.index("near_sigma")
    return describe(crops, near, windows[:, 0], on_foil, expectation.lanes, expectation.states)


def _on_foil(lanes: Sequence[int | None]) -> NDArray[np.bool_]:
    return np.array([lane is None for lane in lanes], bool)


def _take(
    pixels: Pixels,
    windows: NDArray[np.int64],
    on_foil: NDArray[np.bool_],
    expectation: Expectation,
    calibration: Calibration,
    grey: NDArray[np.float32],
    crops: NDArray[np.float32],
) -> None:
    """Write the grey of whole regions and the first four channels of the crops."""
    coating, foil = expectation.coating_gl, expectation.foil_gl
    if not calibration.sees_foil:
        foil = coating * np.float32(1 + _STEP_WITHOUT_FOIL)
    sigma_gl = calibration.coating.sigma["point"], calibration.foil.sigma["point"]
    take_pictures(
        pixels, windows, on_foil, expectation.row_gain, coating, foil, expectation.noise_gain, sigma_gl, grey, crops
    )


def _windows(boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The near and the whole window of each box, moved into the frame, cut where larger than the frame.

    Returns
    -------
    ndarray of shape (boxes, 2, 4), int64
        Top, left, height, width.
    """
    begin, end = boxes[:, :2], boxes[:, 2:]
    windows = np.full((len(boxes), 2, 4), CROP_PX)
    windows[:, 1, 2:] = np.maximum(_MARGIN * (end - begin), CROP_PX)
    size = windows[:, :, 2:] = np.minimum(windows[:, :, 2:], shape)
    windows[:, :, :2] = np.clip((begin + end)[:, None] // 2 - size // 2, 0, shape - size)
    return windows


def _lanes(boxes: NDArray[np.int64], web: Web) -> tuple[int | None, ...]:
    """The lane that holds the middle of each region: also of one that is wider than the lane."""
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    left, right = web.course_px[:, :, _bands(boxes, web)].transpose(1, 0, 2)
    inside = (left <= middle) & (middle < right)
    return tuple(int(column.argmax()) if column.any() else None for column in inside.T)


def _features(
    regions: Sequence[Region],
    boxes: NDArray[np.int64],
    lanes: Sequence[int | None],
    crops: NDArray[np.float32],
    web: Web,
    calibration: Calibration,
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    placement = calibration.placement
    height, width = (boxes[:, 2:] - boxes[:, :2]).T
    area, longer, shorter, degrees, contrast = np.array([(r.area_px, *r.axes, r.contrast_sigma) for r in regions]).T
    length_mm, width_mm = height * placement.mm_per_px_down, width * placement.mm_per_px_cross
    area_mm2 = area * placement.mm_per_px_down * placement.mm_per_px_cross
    distance_mm = _edge_distances_px(boxes, web) * placement.mm_per_px_cross
    columns = (
        *np.log10([length_mm, width_mm, area_mm2, longer, shorter, longer / shorter]),
        -np.cos(np.radians(2 * degrees)), np.sin(np.radians(2 * degrees)), area / (height * width),
        contrast / (8 + np.abs(contrast)), *masked_range(crops[:, 2], crops[:, 4]), np.arcsinh(distance_mm),
        [lane is None for lane in lanes], height / shape[0], width / shape[1],
        *([r.source is source for r in regions] for source in (Source.WIDE, Source.STREAK, Source.EDGE)),
    )  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def _edge_distances_px(boxes: NDArray[np.int64], web: Web) -> NDArray[np.float64]:
    """Columns from each region to the nearest lane edge in sight; 0 when one passes through it."""
    in_sight = ~web.open_edges
    if not in_sight.any():
        return np.full(len(boxes), 10.0 * CROP_PX)
    edges = web.course_px[in_sight][:, _bands(boxes, web)]
    distance: NDArray[np.float64] = np.maximum(np.maximum(boxes[:, 1] - edges, edges - boxes[:, 3]), 0).min(axis=0)
    return distance


def _bands(boxes: NDArray[np.int64], web: Web) -> NDArray[np.int64]:
    """The band that holds the middle of each region."""
    middle = (boxes[:, 0] + boxes[:, 2]) // 2
    bands: NDArray[np.int64] = np.minimum(middle // BAND_ROWS, web.course_px.shape[2] - 1)
    return bands
