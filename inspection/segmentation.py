"""Segmentation: the second look, at full resolution, only where screening asked for it.

In:  pixels, what stood out, calibration.
Out: windows of the deviation in noise units, one around each cluster of flagged tiles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.frame import Pixels
from inspection.geometry import Box
from inspection.kernels import BAND_ROWS, BARE, COATED
from inspection.screening import (
    PART_BANDS,
    SUM_TO_GL,
    TILE_PX,
    Expectation,
    Screening,
    ScreeningSettings,
    coated_columns,
    column_profiles,
    wide_boxes,
)

STEPS_PER_SIGMA = 32
"""Deviations are kept as int16 in 1/32 sigma: half the memory of floats, and far beyond saturation at 1023."""

_STRIP_ROWS = 64


@dataclass(frozen=True)
class SegmentationSettings:
    """When a second look is not worth taking.

    Attributes
    ----------
    largest_flagged_share : float
        Share of tiles beyond which the frame counts as flooded.
    """

    largest_flagged_share: float = 0.2


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


def remainder(
    screening: Screening,
    patches: Sequence[Patch],
    calibration: Calibration,
    settings: ScreeningSettings,
) -> Screening:
    """What still stands out in boxes and columns when the patches are set aside.

    A bare spot raises every mean it is part of; wide faint defects and streaks are judged
    on what is left, or each strong defect would be found three times.
    """
    if not patches:
        return screening
    aside = np.zeros(screening.points.shape, bool)
    column_sums = screening.column_sums.copy()
    coated = coated_columns(screening.expectation)
    sigma = np.where(coated, calibration.coating.sigma["point"], calibration.foil.sigma["point"])
    for patch in patches:
        box = patch.box
        aside[box.top // BAND_ROWS : -(-box.bottom // BAND_ROWS), box.left // TILE_PX : -(-box.right // TILE_PX)] = True
        to_sums = sigma[box.left : box.right] / (STEPS_PER_SIGMA * SUM_TO_GL)
        for part, rows in _parts(box, len(column_sums)):
            column_sums[part, box.left : box.right] -= (patch.steps[rows].sum(axis=0) * to_sums).astype(np.int32)
    expectation = screening.expectation
    return replace(
        screening,
        column_sums=column_sums,
        wide=wide_boxes(screening.tile_sums, expectation, calibration, settings, aside),
        profiles=column_profiles(column_sums, expectation, calibration, settings),
    )


def _parts(box: Box, parts: int) -> Iterator[tuple[int, slice]]:
    """Which rows of a box lie in which part of the frame."""
    height = PART_BANDS * BAND_ROWS
    for part in range(min(box.top // height, parts - 1), min((box.bottom - 1) // height, parts - 1) + 1):
        bottom = (part + 1) * height if part < parts - 1 else box.bottom
        yield part, slice(max(part * height - box.top, 0), min(bottom, box.bottom) - box.top)


def _clusters(points: NDArray[np.uint8], shape: tuple[int, ...]) -> list[Box]:
    """Boxes around clusters of flagged tiles, one tile wider on every side."""
    if not cv2.hasNonZero(points):
        return []
    grown = cv2.dilate(points, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8, ltype=cv2.CV_32S)
    rows, columns = shape
    boxes = []
    for left, top, width, height, _ in stats[1:].tolist():
        bottom = rows if top + height == len(points) else (top + height) * BAND_ROWS
        top_px = min(top * BAND_ROWS, rows - BAND_ROWS)
        boxes.append(Box(top_px, left * TILE_PX, bottom, min((left + width) * TILE_PX, columns)))
    return boxes


def deviation(pixels: Pixels, expectation: Expectation, calibration: Calibration, box: Box) -> NDArray[np.int16]:
    """Deviation of 3x3 means from the expectation, in 1/32 sigma.

    This is what the screening kernel compares with its thresholds, in plain array code.
    Strips of 64 rows keep the float arrays small: a scratch across the frame has a big window.

    Returns
    -------
    ndarray of shape (box.height, box.width), int16
    """
    steps = np.empty((box.height, box.width), np.int16)
    for top in range(box.top, box.bottom, _STRIP_ROWS):
        strip = Box(top, box.left, min(top + _STRIP_ROWS, box.bottom), box.right)
        steps[top - box.top : strip.bottom - box.top] = _strip(pixels, expectation, calibration, strip)
    return steps


def _strip(pixels: Pixels, expectation: Expectation, calibration: Calibration, box: Box) -> NDArray[np.int16]:
    wider = box.grown(1, *pixels.shape)
    mean = cv2.blur(pixels[wider.window].astype(np.float32), (3, 3))
    inner = mean[box.top - wider.top : box.bottom - wider.top, box.left - wider.left : box.right - wider.left]
    expected, weight = expected_window(expectation, calibration, box)
    expected *= expectation.row_gain[box.top : box.bottom, None]
    sigma = (inner - expected) * weight
    return np.clip(sigma * STEPS_PER_SIGMA, -32767, 32767).astype(np.int16)


def expected_window(
    expectation: Expectation, calibration: Calibration, box: Box
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Grey level expected in a window at row gain 1, and one over the 3x3 noise there.

    Returns
    -------
    expected, weight : ndarray of shape (box.height, box.width), float32
        `weight` is 0 where a lane edge passes.
    """
    first, last = box.top // BAND_ROWS, (box.bottom - 1) // BAND_ROWS
    lines = [_line(expectation, calibration, band, box) for band in range(first, last + 1)]
    bands = np.arange(box.top, box.bottom) // BAND_ROWS - first
    expected, weight = np.stack([line[0] for line in lines]), np.stack([line[1] for line in lines])
    return expected[bands], weight[bands]


def _line(
    expectation: Expectation, calibration: Calibration, band: int, box: Box
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    expected = expectation.foil_gl[box.left : box.right].copy()
    weight = np.full(box.width, 1 / calibration.foil.sigma["point"], np.float32)
    for limits, state in zip(expectation.lanes[band], expectation.states[band], strict=True):
        outer_left, left, right, outer_right = (int(limit) for limit in np.clip(limits - box.left, 0, box.width))
        if state == BARE:
            continue
        weight[outer_left:outer_right] = 0
        if state == COATED:
            expected[left:right] = expectation.coating_gl[box.left + left : box.left + right]
            weight[left:right] = 1 / calibration.coating.sigma["point"]
    return expected, weight
