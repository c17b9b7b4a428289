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
from functools import cached_property
from typing import Annotated, Any

import cv2
import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.geometry import Box
from inspection.kernels.gathering import gather
from inspection.kernels.growing import grow
from inspection.kernels.pictures import mask_moments
from inspection.kernels.reading import BAND_ROWS
from inspection.screening import PART_BANDS, TILE_PX, Expectation, Screening
from inspection.segmentation import STEPS_PER_SIGMA, Patch
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


_SEEN_SHARE = 0.3
"""A streak is seen where it is at least this strong, compared with the part where it is strongest."""


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
    contrast_sigma : float
        Strongest deviation in noise sigmas at the scale it was found at, signed.
    source : Source
    """

    box: Box
    mask: NDArray[np.uint8]
    area_px: float
    contrast_sigma: float
    source: Source

    @cached_property
    def axes(self) -> tuple[float, float, float]:
        """Full axes in px of the ellipse with the region's second moments, and its direction.

        The direction is in degrees from 0, across the web, to 180; 90 runs down the web.
        """
        mass, down, cross, down_down, cross_cross, down_cross = mask_moments(self.mask).tolist()
        # A pixel is a square, not a point: it has a second moment of its own.
        xx, yy = (
            cross_cross / mass - (cross / mass) ** 2 + 1 / 12,
            down_down / mass - (down / mass) ** 2 + 1 / 12,
        )
        xy = down_cross / mass - down * cross / mass**2
        spread = math.hypot((xx - yy) / 2, xy)
        longer, shorter = (xx + yy) / 2 + spread, max((xx + yy) / 2 - spread, 1 / 12)
        angle = 0.5 * math.degrees(math.atan2(2 * xy, xx - yy)) % 180
        return 4 * math.sqrt(longer), 4 * math.sqrt(shorter), angle


def find_regions(
    patches: Sequence[Patch], rest: Screening, web: Web, calibration: Calibration, settings: RegionSettings
) -> tuple[Region, ...]:
    """Gather everything that stands out into whole regions, strongest first.

    Parameters
    ----------
    patches : sequence of Patch
        From segmentation.
    rest : Screening
        What stands out besides the patches.
    web : Web
    calibration : Calibration
    settings : RegionSettings

    Returns
    -------
    tuple of Region
        More than `settings.most` mean a flooded frame; their pieces are then not joined.
    """
    threshold = min(calibration.coating.threshold_sigma["point"], calibration.foil.threshold_sigma["point"])
    points = [region for patch in patches for region in _points(patch, threshold, settings)]
    found = [
        *points,
        *(() if rest.clean else _faint(rest, calibration, settings)),
        *_edges(web, rest, calibration, points, settings),
    ]
    whole = found if len(found) > settings.most else _joined(found, settings)
    return tuple(sorted(whole, key=lambda region: (-abs(region.contrast_sigma), region.box)))


def _points(patch: Patch, threshold_sigma: float, settings: RegionSettings) -> Iterator[Region]:
    """Connected pixels beyond half the threshold that hold one beyond all of it."""
    strong = threshold_sigma * STEPS_PER_SIGMA
    for top, left, mask, extreme in _grown(patch.steps, strong * settings.weak_share, strong):
        box = _shifted(patch.box, top, left, *mask.shape)
        yield Region(box, mask, float(cv2.countNonZero(mask)), extreme / STEPS_PER_SIGMA, Source.POINT)


def _grown(values: NDArray[Any], weak: float, strong: float) -> Iterator[tuple[int, int, NDArray[np.uint8], float]]:
    """Connected cells beyond `weak` that hold one beyond `strong`: top, left, mask and strongest value."""
    labels, extents, extremes = grow(values, weak, strong, 1)
    for label, ((top, left, bottom, right, _), extreme) in enumerate(zip(extents.tolist(), extremes, strict=True), 1):
        yield top, left, (labels[top:bottom, left:right] == label).view(np.uint8), float(extreme)


def _shifted(box: Box, top: int, left: int, height: int, width: int) -> Box:
    return Box(box.top + top, box.left + left, box.top + top + height, box.left + left + width)


def _faint(rest: Screening, calibration: Calibration, settings: RegionSettings) -> Iterator[Region]:
    yield from _wide(rest, calibration, settings)
    yield from _streaks(rest, calibration, settings)


def _wide(rest: Screening, calibration: Calibration, settings: RegionSettings) -> list[Region]:
    """Groups of tiles whose box means stand out; the finest box that finds a place outlines it."""
    found: list[Region] = []
    for tiles, over in rest.wide.items():
        threshold_sigma = calibration.coating.threshold_sigma[f"wide_{TILE_PX * tiles}"]
        for top, left, mask, strongest in _grown(over, settings.weak_share, 1):
            box = _tile_box(rest.expectation, top, left, *mask.shape)
            if not any(box.overlaps(finer.box) for finer in found):
                pixels = mask.repeat(BAND_ROWS, axis=0).repeat(TILE_PX, axis=1)[: box.height, : box.width]
                area_px = float(cv2.countNonZero(pixels))
                found.append(Region(box, pixels, area_px, strongest * threshold_sigma, Source.WIDE))
    return found


def _tile_box(expectation: Expectation, top: int, left: int, bands: int, tiles: int) -> Box:
    """Tiles as pixels, cut at the frame's rim."""
    rows, columns = len(expectation.row_gain), len(expectation.coating_gl)
    top_px, left_px = min(top * BAND_ROWS, rows - BAND_ROWS), left * TILE_PX
    return Box(top_px, left_px, min(top_px + bands * BAND_ROWS, rows), min(left_px + tiles * TILE_PX, columns))


def _streaks(rest: Screening, calibration: Calibration, settings: RegionSettings) -> list[Region]:
    """Columns that stand out over the whole height, then those that do so in parts of it."""
    strongest = _strongest(list(rest.profiles.values()))
    whole, parts = strongest[-1:], strongest[:-1]
    threshold_sigma = calibration.coating.threshold_sigma["streak_4"]
    found: list[Region] = []
    for over in (whole, parts):
        for top, left, mask, value in _grown(over, settings.weak_share, 1):
            columns = parts[:, left : left + mask.shape[1]]
            begin, end = _extent(columns, value) if over is whole else (top, top + len(mask))
            box = _part_box(rest, begin, end, left, mask.shape[1])
            if not any(box.overlaps(longer.box) for longer in found):
                pixels = np.ones((box.height, box.width), np.uint8)
                found.append(Region(box, pixels, float(pixels.size), value * threshold_sigma, Source.STREAK))
    return found


def _strongest(maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """At each place the value farthest from zero."""
    strongest = maps[0]
    for other in maps[1:]:
        strongest = np.where(np.abs(other) > np.abs(strongest), other, strongest)
    return strongest


def _extent(columns: NDArray[np.float32], value: float) -> tuple[int, int]:
    """First and one past the last part of the frame in which a streak is seen."""
    along = (columns * np.sign(value)).max(axis=1)
    seen = np.flatnonzero(along >= _SEEN_SHARE * along.max())
    return int(seen[0]), int(seen[-1]) + 1


def _part_box(rest: Screening, begin: int, end: int, left: int, width: int) -> Box:
    """Columns over some parts of the frame, in pixels; the last part takes the rows that are left."""
    rows, height = len(rest.expectation.row_gain), PART_BANDS * BAND_ROWS
    bottom = rows if end == len(rest.column_sums) else end * height
    return Box(begin * height, left, bottom, left + width)


def _edges(
    web: Web, rest: Screening, calibration: Calibration, points: Sequence[Region], settings: RegionSettings
) -> Iterator[Region]:
    """Stretches of lane edges that leave their course, unless a point region next to the edge moved it."""
    limit, sigma = calibration.coating.limit("edge"), calibration.coating.sigma["edge"]
    rows = len(rest.expectation.row_gain)
    for lane, side in np.argwhere(~web.open_edges):
        aside = np.nan_to_num(web.edges_px[lane, side] - web.course_px[lane, side])
        if np.abs(aside).max() <= limit:
            continue
        for band, _, mask, value in _grown((aside / limit)[:, None], settings.weak_share, 1):
            course, edge = web.course_px[lane, side, band], web.edges_px[lane, side, band : band + len(mask)]
            # An edge may be measured beyond the frame when the web leaves it.
            places = np.clip([course, np.nanmin(edge), np.nanmax(edge)], 1, calibration.columns - 2)
            left, right = int(places.min()) - 1, int(places.max()) + 2
            box = Box(
                min(band * BAND_ROWS, rows - BAND_ROWS),
                left,
                min((band + len(mask)) * BAND_ROWS, rows),
                right,
            )
            window = box.grown(EDGE_WINDOW_PX, 1 << 30, calibration.columns)
            if not any(region.box.overlaps(window) for region in points):
                pixels = np.ones((box.height, box.width), np.uint8)
                yield Region(box, pixels, float(pixels.size), value * limit / sigma, Source.EDGE)


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
    return Region(box, mask, float(mask.sum()), strongest.contrast_sigma, strongest.source)
