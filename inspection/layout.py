"""Layout: where the lanes lie, seen in frames that nobody has described yet.

In:  some frames.
Out: grey levels of coating and foil, lane edges to the nearest cell of 8 px, skip-coated or not.

Coating is darker than foil for every electrode material in use; the two are told apart by
Otsu's threshold (IEEE Trans. SMC-9(1), 1979) on cell means, where noise hardly counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.frame import Frame

_CELL_ROWS, _CELL_COLUMNS = 16, 8
_NARROWEST_LANE_SHARE = 0.03
_MOST_LANES = 6
_LEAST_STEP = 1.3
"""Foil is at least this much brighter than coating, or it is not foil but lamp shade."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Levels and lanes.

    Attributes
    ----------
    coating_gl, foil_gl : float
        `foil_gl` is NaN where no foil is in sight.
    lanes_px : ndarray of shape (lanes, 2), float64
        Left and right edges; 0 or the number of columns where a lane leaves the frame.
    skip_coating : bool
    """

    coating_gl: float
    foil_gl: float
    lanes_px: NDArray[np.float64]
    skip_coating: bool


def find_layout(frames: Sequence[Frame]) -> Layout:
    """Find the lanes that most of the frames show.

    Without a clear step between coating and foil the whole frame counts as one lane.
    """
    cells = np.stack([_cells(frame) for frame in frames])
    threshold = _otsu(cells)
    dark, bright = cells[cells <= threshold], cells[cells > threshold]
    one_lane = Layout(float(np.median(cells)), float("nan"), np.array([[0.0, frames[0].columns]]), False)
    if not dark.size or len(bright) < cells.size / 500 or np.median(bright) < _LEAST_STEP * np.median(dark):
        return one_lane
    coated = cells <= threshold
    lanes = _lanes(coated.mean(axis=(0, 1)))
    if not lanes:
        return one_lane
    edges = np.array(lanes, float) * _CELL_COLUMNS
    edges[edges >= cells.shape[2] * _CELL_COLUMNS] = frames[0].columns
    skip = any(_has_gaps(coated[:, :, left:right]) for left, right in lanes)
    return Layout(float(np.median(dark)), float(np.median(bright)), edges, skip)


def _cells(frame: Frame) -> NDArray[np.float32]:
    size = (frame.columns // _CELL_COLUMNS, max(frame.rows // _CELL_ROWS, 1))
    cells: NDArray[np.float32] = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cells


def _otsu(cells: NDArray[np.float32]) -> float:
    top = float(cells.max()) or 1.0
    threshold, _ = cv2.threshold((cells.reshape(1, -1) * (255 / top)).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return (threshold + 0.5) * top / 255


def _lanes(coated_share: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Runs of cells that are coated half as often as the most coated ones, wide enough to be lanes."""
    inside = coated_share > coated_share.max() / 2
    changes = np.flatnonzero(np.diff(inside, prepend=False, append=False)).reshape(-1, 2).tolist()
    narrowest = max(_NARROWEST_LANE_SHARE * len(inside), 2)
    return [(left, right) for left, right in changes if right - left >= narrowest][:_MOST_LANES]


def _has_gaps(lane: NDArray[np.bool_]) -> bool:
    """Whether the lane is bare over its whole width now and then: in over 2 % of the rows."""
    bare = lane.mean(axis=2) < 0.1
    return bool(bare.mean() > 0.02)
