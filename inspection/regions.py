"""Regions: connected places that stand out, whole again where noise cut them.

In:  the windows that segmentation looked at again, what stands out besides them, the web's edges.
Out: one region for each thing on the web, with its pixels.

Pixels come by hysteresis: a region needs one pixel beyond the threshold and takes in all its
neighbours beyond half of it (Canny, IEEE PAMI-8(6), 1986, sec. VIII). Pieces become one region when
they nearly touch for their size, or lie in one line as the pieces of a scratch do.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import cv2
import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.averages import Averages
from inspection.calibration import Calibration
from inspection.expectation import Expectation
from inspection.geometry import Box
from inspection.kernels.gathering import gather
from inspection.kernels.growing import Groups, grow
from inspection.kernels.moments import mask_axes
from inspection.kernels.reading import BAND_ROWS
from inspection.screening import TILE_PX
from inspection.segmentation import STEPS_PER_SIGMA, Patch
from inspection.streaks import Streak, find_streaks
from inspection.web import EDGE_WINDOW_PX, Web


@dataclass(frozen=True)
class RegionSettings:
    """What belongs together.

    Attributes
    ----------
    weak_share : float
        A region's outline, as a share of its threshold.
    touching_px : int
        Pieces no farther apart than this are one region.
    reach : float
        So are pieces no farther apart than this share of the smaller one's length.
    in_line_reach : float
        The same for thin pieces that lie in one line.
    in_line_degrees : float
        How far the pieces' directions may differ.
    most : int
        Regions beyond which the frame counts as flooded.
    """

    weak_share: Annotated[float, Interval(ge=0.1, le=1)] = 0.5
    touching_px: Annotated[int, Interval(ge=0, le=100)] = 4
    reach: Annotated[float, Interval(ge=0, le=10)] = 0.35
    in_line_reach: Annotated[float, Interval(ge=0, le=10)] = 1.5
    in_line_degrees: Annotated[float, Interval(ge=0, le=90)] = 20.0
    most: Annotated[int, Interval(ge=1, le=10_000)] = 200


_ACCOUNTED = 3.0
"""A box may show this many times what a streak accounts for: noise adds to it, windows take from the streak."""

Axes: TypeAlias = tuple[float, float, float]


class Source(StrEnum):
    """Which filter found a region."""

    POINT = "point"
    WIDE = "wide"
    STREAK = "streak"
    EDGE = "edge"


@dataclass(frozen=True, eq=False)
class Region:
    """One thing on the web.

    Attributes
    ----------
    box : Box
    mask : ndarray of the box's shape, uint8
        1 on its own pixels.
    area_px : float
        Number of its pixels.
    axes : tuple of float
        Full axes in px of the ellipse with the region's second moments, and its direction in degrees
        from 0, across the web, to 180; 90 runs down the web.
    contrast_sigma : float
        Strongest deviation in noise sigmas at the scale it was found at, signed.
    source : Source
    """

    box: Box
    mask: NDArray[np.uint8]
    area_px: float
    axes: Axes
    contrast_sigma: float
    source: Source

    @classmethod
    def of(cls, box: Box, mask: NDArray[np.uint8], contrast_sigma: float, source: Source) -> "Region":
        """A region measured by its mask."""
        longer, shorter, degrees = mask_axes(mask).tolist()
        return cls(box, mask, float(cv2.countNonZero(mask)), (longer, shorter, degrees), contrast_sigma, source)

    @classmethod
    def full(cls, box: Box, contrast_sigma: float, source: Source) -> "Region":
        """A region that fills its box."""
        # The ellipse with a rectangle's second moments is wider than it by 4 / sqrt(12).
        shorter, longer = sorted((4 / math.sqrt(12) * box.height, 4 / math.sqrt(12) * box.width))
        axes = longer, shorter, 90.0 if box.height > box.width else 0.0
        mask = np.ones((box.height, box.width), np.uint8)
        return cls(box, mask, float(mask.size), axes, contrast_sigma, source)


def find_regions(
    patches: Sequence[Patch],
    rest: Averages,
    expectation: Expectation,
    web: Web,
    calibration: Calibration,
    settings: RegionSettings,
) -> tuple[Region, ...]:
    """Gather everything that stands out into whole regions, strongest first.

    Parameters
    ----------
    patches : sequence of Patch
        From segmentation.
    rest : Averages
        What stands out besides the patches.
    expectation, web, calibration
        From the stages before.
    settings : RegionSettings

    Returns
    -------
    tuple of Region
        More than `settings.most` mean a flooded frame; their pieces are then not joined.
    """
    threshold = min(calibration.coating.threshold_sigma["point"], calibration.foil.threshold_sigma["point"])
    points = [region for patch in patches for region in _points(patch, threshold, settings)]
    streaks = [] if rest.profiles_clean else find_streaks(rest, expectation, settings.weak_share)
    streak_sigma = calibration.coating.threshold_sigma["streak_4"]
    found = [
        *points,
        *(Region.full(streak.box, streak.over * streak_sigma, Source.STREAK) for streak in streaks),
        *(() if rest.wide_clean else _wide(expectation, rest, streaks, calibration, settings)),
        *_edges(web, len(expectation.row_gain), calibration, points, settings),
    ]
    whole = found if len(found) > settings.most else _joined(found, settings)
    return tuple(sorted(whole, key=lambda region: (-abs(region.contrast_sigma), region.box)))


def _points(patch: Patch, threshold_sigma: float, settings: RegionSettings) -> Iterator[Region]:
    """Connected pixels beyond half the threshold that hold one beyond all of it."""
    strong = threshold_sigma * STEPS_PER_SIGMA
    groups = grow(patch.steps, strong * settings.weak_share, strong, 1)
    cells = groups.extents[:, 4].tolist()
    for (place, mask, extreme, axes), area_px in zip(_cut(groups), cells, strict=True):
        box = place.moved(patch.box.top, patch.box.left)
        yield Region(box, mask, area_px, axes, extreme / STEPS_PER_SIGMA, Source.POINT)


_Group: TypeAlias = tuple[Box, NDArray[np.uint8], float, Axes]
"""Place, mask, strongest value and axes of connected cells."""


def _grown(values: NDArray[Any], weak: float) -> Iterator[_Group]:
    """Connected cells beyond `weak` that hold one beyond 1."""
    return _cut(grow(np.asarray(values, np.float32), weak, 1, 1))


def _cut(groups: Groups) -> Iterator[_Group]:
    start, measured = 0, zip(groups.extents.tolist(), groups.extremes.tolist(), groups.axes.tolist(), strict=True)
    for (top, left, bottom, right, _), extreme, (longer, shorter, degrees) in measured:
        height, width = bottom - top, right - left
        mask = groups.masks[start : start + height * width].reshape(height, width)
        start += height * width
        yield Box(top, left, bottom, right), mask, extreme, (longer, shorter, degrees)


def _wide(
    expectation: Expectation,
    rest: Averages,
    streaks: Sequence[Streak],
    calibration: Calibration,
    settings: RegionSettings,
) -> list[Region]:
    """Groups of tiles whose box means stand out; the finest box that finds a place outlines it."""
    found: list[Region] = []
    for tiles, over in rest.wide.items():
        noise, side_px = calibration.coating, TILE_PX * tiles
        threshold_sigma, limit_gl = noise.threshold_sigma[f"wide_{side_px}"], noise.limit(f"wide_{side_px}")
        for cells, mask, strongest, (longer, shorter, degrees) in _grown(over, settings.weak_share):
            box = _tile_box(expectation, cells)
            if any(_explains(streak, box, strongest * limit_gl, side_px) for streak in streaks):
                continue
            if not any(box.overlaps(finer.box) for finer in found):
                pixels = mask.repeat(BAND_ROWS, axis=0).repeat(TILE_PX, axis=1)[: box.height, : box.width]
                axes, area_px = (TILE_PX * longer, TILE_PX * shorter, degrees), float(cv2.countNonZero(pixels))
                found.append(Region(box, pixels, area_px, axes, strongest * threshold_sigma, Source.WIDE))
    return found


def _explains(streak: Streak, box: Box, mean_gl: float, side_px: int) -> bool:
    """Whether boxes of that side stand out no more than a streak through them accounts for."""
    share = streak.sum_gl / max(side_px, streak.box.width)
    return streak.box.overlaps(box) and share * mean_gl > 0 and abs(mean_gl) < _ACCOUNTED * abs(share)


def _tile_box(expectation: Expectation, cells: Box) -> Box:
    """Tiles as pixels, cut at the frame's rim."""
    rows, columns = len(expectation.row_gain), len(expectation.coating_gl)
    top_px, left_px = min(cells.top * BAND_ROWS, rows - BAND_ROWS), cells.left * TILE_PX
    bottom_px, right_px = min(top_px + cells.height * BAND_ROWS, rows), min(cells.right * TILE_PX, columns)
    return Box(top_px, left_px, bottom_px, right_px)


def _edges(
    web: Web, rows: int, calibration: Calibration, points: Sequence[Region], settings: RegionSettings
) -> Iterator[Region]:
    """Stretches of lane edges that leave their course, unless a point region next to the edge moved it."""
    limit, sigma = calibration.coating.limit("edge"), calibration.coating.sigma["edge"]
    over = (web.edges_px - web.course_px) / limit
    over[np.isnan(over)] = 0
    for lane, side in np.argwhere(~web.open_edges & (np.abs(over).max(axis=2) > 1)):
        for cells, _, value, _ in _grown(over[lane, side][:, None], settings.weak_share):
            edge, course = web.edges_px[lane, side, cells.top : cells.bottom], web.course_px[lane, side, cells.top]
            # An edge may be measured beyond the frame when the web leaves it.
            innermost, outermost = 1, calibration.columns - 2
            left = int(min(max(np.fmin.reduce(edge, initial=course), innermost), outermost)) - 1
            right = int(min(max(np.fmax.reduce(edge, initial=course), innermost), outermost)) + 2
            box = Box(min(cells.top * BAND_ROWS, rows - BAND_ROWS), left, min(cells.bottom * BAND_ROWS, rows), right)
            window = box.grown(EDGE_WINDOW_PX, 1 << 30, calibration.columns)
            if not any(region.box.overlaps(window) for region in points):
                yield Region.full(box, value * limit / sigma, Source.EDGE)


def _joined(regions: Sequence[Region], settings: RegionSettings) -> list[Region]:
    """Unite regions that belong together, directly or through others."""
    if len(regions) < 2:
        return list(regions)
    boxes = np.array([(r.box.top, r.box.left, r.box.bottom, r.box.right) for r in regions], float)
    limits = settings.touching_px, settings.reach, settings.in_line_reach, settings.in_line_degrees
    things: dict[int, list[Region]] = defaultdict(list)
    for region, thing in zip(regions, gather(boxes, np.array([r.axes for r in regions]), limits), strict=True):
        things[thing].append(region)
    return [_united(pieces) if len(pieces) > 1 else pieces[0] for pieces in things.values()]


def _united(pieces: Sequence[Region]) -> Region:
    box = pieces[0].box
    for piece in pieces[1:]:
        box = box.union(piece.box)
    mask = np.zeros((box.height, box.width), np.uint8)
    for piece in pieces:
        top, left = piece.box.top - box.top, piece.box.left - box.left
        mask[top : top + piece.box.height, left : left + piece.box.width] |= piece.mask
    strongest = max(pieces, key=lambda piece: abs(piece.contrast_sigma))
    return Region.of(box, mask, strongest.contrast_sigma, strongest.source)
