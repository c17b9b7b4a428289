"""Painting: the web in one frame as the lens shows it, before lamp and sensor.

Coating covers foil by the share that lies inside the edges, so edges lie where they are said to lie
to a fraction of a pixel.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.geometry import Box
from inspection.synthetic.course import cover
from inspection.synthetic.placing import EdgeShift, Patch
from inspection.synthetic.scene import Scene

_BESIDE_EDGE_PX = 9
"""Beyond that an edge's blur has ended."""


def shifted_edges(scene: Scene, first_row: int, shifts: Sequence[EdgeShift]) -> NDArray[np.float64]:
    """Lane edges in a frame, edge defects included, shape (lanes, 2, rows)."""
    edges = scene.course.edges_px(first_row, scene.rows)
    for shift in shifts:
        begin, end = shift.top - first_row, shift.top - first_row + len(shift.outward_px)
        part = slice(max(begin, 0), min(end, scene.rows))
        outward = shift.outward_px[part.start - begin : part.stop - begin]
        edges[shift.lane - 1, shift.side, part] += outward * (2 * shift.side - 1)
    return edges


def paint(
    scene: Scene, first_row: int, edges: NDArray[np.float64], patches: Sequence[Patch], rng: Generator
) -> NDArray[np.float32]:
    """Reflectance as a share of full scale, shape (rows, columns)."""
    surface = np.empty((scene.rows, scene.columns), np.float32)
    _paint_foil(scene, surface, edges, rng)
    for lane in edges:
        _paint_lane(scene, surface, lane, rng)
    _paint_skips(scene, surface, first_row, edges, rng)
    for patch in patches:
        _lay_on(surface, patch, first_row)
    if scene.product.defocus_px:
        # Truth tells strengths as in focus: noise and defects both lose by it.
        cv2.GaussianBlur(surface, (0, 0), scene.product.defocus_px, dst=surface, borderType=cv2.BORDER_REFLECT)
    return surface


def _paint_foil(scene: Scene, surface: NDArray[np.float32], edges: NDArray[np.float64], rng: Generator) -> None:
    """Paint foil beside the lanes, and as far under them as their edges let it shine through."""
    begin = 0
    for left, right in edges:
        scene.foil.fill(surface[:, begin : _around(left, scene.columns).stop], rng)
        begin = _around(right, scene.columns).start
    scene.foil.fill(surface[:, begin:], rng)


def _paint_lane(scene: Scene, surface: NDArray[np.float32], lane: NDArray[np.float64], rng: Generator) -> None:
    """Lay one piece of coating over the foil, by the share of each pixel that it covers."""
    left, right = (_around(edge, scene.columns) for edge in lane)
    coating = np.empty((scene.rows, right.stop - left.start), np.float32)
    scene.coating.fill(coating, rng)
    surface[:, left.stop : right.start] = coating[:, left.stop - left.start : right.start - left.start]
    blur_px = scene.course.blur_px
    for window, covered in (
        (left, cover(lane[0], left.start, left.stop, blur_px)),
        (right, 1 - cover(lane[1], right.start, right.stop, blur_px)),
    ):
        foil = surface[:, window]
        foil += covered * (coating[:, window.start - left.start : window.stop - left.start] - foil)


def _around(edge: NDArray[np.float64], columns: int) -> slice:
    return slice(max(int(edge.min()) - _BESIDE_EDGE_PX, 0), min(int(edge.max()) + _BESIDE_EDGE_PX, columns))


def _paint_skips(
    scene: Scene, surface: NDArray[np.float32], first_row: int, edges: NDArray[np.float64], rng: Generator
) -> None:
    """Lay foil bare between the patches of skip coating."""
    covered = scene.course.row_cover(first_row, scene.rows)
    if covered is None or covered.min() > 0.999:
        return
    rows = np.flatnonzero(covered < 0.999)
    for left, right in edges:
        columns = slice(_around(left, scene.columns).start, _around(right, scene.columns).stop)
        bare = np.empty((len(rows), columns.stop - columns.start), np.float32)
        scene.foil.fill(bare, rng)
        lane = surface[rows, columns]
        surface[rows, columns] = bare + covered[rows, None] * (lane - bare)


def _lay_on(surface: NDArray[np.float32], patch: Patch, first_row: int) -> None:
    """Add a shape where it lies; where it hides the surface it brings a texture of its own."""
    box = visible(patch.box, first_row, *surface.shape)
    if box is None:
        return
    shape = patch.shape.cut(inside_patch(patch, box, first_row))
    below = surface[box.window]
    if shape.opacity is not None:
        below -= shape.opacity * (below - np.float32(patch.surface.level))
    below += shape.delta


def visible(box: Box, first_row: int, rows: int, columns: int) -> Box | None:
    """Cut a box on the web to what a frame shows, in the frame's rows."""
    top, bottom = max(box.top - first_row, 0), min(box.bottom - first_row, rows)
    left, right = max(box.left, 0), min(box.right, columns)
    return Box(top, left, bottom, right) if top < bottom and left < right else None


def inside_patch(patch: Patch, box: Box, first_row: int) -> tuple[slice, slice]:
    """Where a frame's box lies within a patch's arrays."""
    top, left = box.top + first_row - patch.top, box.left - patch.left
    return slice(top, top + box.height), slice(left, left + box.width)
