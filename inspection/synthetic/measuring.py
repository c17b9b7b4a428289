"""Measuring: what is true of each drawn thing in one frame."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.defect import Kind
from inspection.geometry import Box
from inspection.synthetic.course import cover
from inspection.synthetic.painting import inside_patch, visible
from inspection.synthetic.placing import EdgeShift, Patch
from inspection.synthetic.scene import Scene
from inspection.synthetic.texture import Texture
from inspection.synthetic.truth import TrueDefect

_SEEN_SHIFT_PX = 0.5

_Named: TypeAlias = tuple[Kind, int, int | None]
"""Kind, identity, lane."""


def measure_patch(scene: Scene, patch: Patch, first_row: int) -> TrueDefect | None:
    """Measure the part of a shape that this frame shows; None where it shows nothing of it."""
    box = visible(patch.box, first_row, scene.rows, scene.columns)
    if box is None:
        return None
    shape = patch.shape.cut(inside_patch(patch, box, first_row))
    named = patch.order.kind, patch.identity, patch.lane
    return _true_defect(scene, named, box, (shape.mask, shape.delta), patch.surface)


def measure_edge(scene: Scene, shift: EdgeShift, first_row: int, edges: NDArray[np.float64]) -> TrueDefect | None:
    """Measure what lies between a lane's edge as drawn, `edges` of shape (lanes, 2, rows), and its course."""
    box = visible(shift.box, first_row, scene.rows, scene.columns)
    if box is None:
        return None
    rows = slice(box.top, box.bottom)
    now = edges[shift.lane - 1, shift.side, rows]
    course = scene.course.edges_px(first_row, scene.rows)[shift.lane - 1, shift.side, rows]
    box = Box(box.top, int(min(now.min(), course.min())) - 3, box.bottom, int(max(now.max(), course.max())) + 4)
    middle = np.arange(box.left, box.right) + 0.5
    between = (middle > np.minimum(now, course)[:, None]) & (middle < np.maximum(now, course)[:, None])
    between &= (np.abs(now - course) > _SEEN_SHIFT_PX)[:, None]
    more = cover(now, box.left, box.right, scene.course.blur_px)
    more -= cover(course, box.left, box.right, scene.course.blur_px)
    step = (1 if shift.side else -1) * (scene.foil.level - scene.coating.level)
    named = Kind.EDGE_DEFECT, shift.identity, shift.lane
    return _true_defect(scene, named, box, (between, more * np.float32(step)), scene.coating)


def _true_defect(
    scene: Scene,
    named: _Named,
    window: Box,
    drawn: tuple[NDArray[np.bool_], NDArray[np.float32]],
    surface: Texture,
) -> TrueDefect | None:
    mask, delta = drawn
    if not mask.any():
        return None
    kind, identity, lane = named
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    tight = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    column = window.left + tight.centre[1]
    means = cv2.blur(delta, (3, 3), borderType=cv2.BORDER_CONSTANT)
    return TrueDefect(
        kind=kind,
        identity=identity,
        box=Box(
            window.top + tight.top,
            window.left + tight.left,
            window.top + tight.bottom,
            window.left + tight.right,
        ),
        mask=mask[tight.window],
        lane=lane,
        length_mm=tight.height * scene.product.mm_per_px,
        width_mm=tight.width * scene.product.mm_per_px,
        contrast_sigma=float(delta[mask].mean()) / scene.noise_sigma(surface, column, "pixel"),
        peak_sigma=float(np.abs(means).max()) / scene.noise_sigma(surface, column, "mean3"),
        size_px=float(mask.sum()),
    )
