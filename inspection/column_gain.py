"""Column gain: what light and sensor make of each column, from frames of normal production.

In:  a draft calibration, frames, how each is looked at.
Out: the draft with gain, grey levels, lanes and focus.

Columns are medians over frames: defects in a few of them leave no trace.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.errors import CalibrationError
from inspection.flat_field import Light
from inspection.frame import Frame
from inspection.frame_checks import edge_sharpness
from inspection.kernels.reading import BAND_ROWS, COATED
from inspection.web import Web

FEWEST_FRAMES = 8
"""Fewer frames cannot tell a column's gain from a streak: the gain is then smoothed across columns."""

_SMOOTH_COLUMNS = 65
_ROUGH_FRAMES, _ROUGH_ROWS = 16, 32
_LAYOUT_ERROR_PX = 16
"""Two cells of a layout: columns nearer to its edges may be foil, which would pass for bright coating."""

_DARKEST = np.float32(1e-3)
"""A column without light counts as this: nothing is divided by zero."""

_CLEAR_OF_EDGE_PX = 8
"""Beyond the blur of an edge and the little that it wavers within one frame."""


def with_column_gain(
    draft: Calibration,
    frames: Sequence[Frame],
    look: Callable[[Frame, Calibration], tuple[Light, Web]],
    progress: Callable[[], None],
) -> Calibration:
    """Measure gain and levels from the frames' column means; in two rounds, because edges shift once gains are known.

    Parameters
    ----------
    draft : Calibration
        Its lanes and levels are those of the layout.
    frames : sequence of Frame
    look : callable
        Finds light and web in a frame.
    progress : callable
        Called after each frame.

    Raises
    ------
    CalibrationError
        No frame shows coating.
    """
    rough = _rough_gain(draft, frames)
    draft = replace(draft, gain=rough)
    coating, foil, lanes, focus = [], [], [], []
    for frame in frames:
        light, web = look(frame, draft)
        columns = _column_means(frame, light, web)
        coating.append(np.where(_inside(web, draft, 1), columns, np.nan))
        foil.append(np.where(_inside(web, draft, -1), columns, np.nan))
        lanes.append(web.lanes_px)
        focus.append(edge_sharpness(frame.pixels, web))
        progress()
    coating_columns, foil_columns = _median(coating), _median(foil)
    gain, coating_gl, foil_gl = _gain(coating_columns, foil_columns, smooth=len(frames) < FEWEST_FRAMES)
    known = np.isfinite(coating_columns)[None] | np.isfinite(foil_columns)
    lanes_px = np.where(web.open_edges, draft.lanes_px, np.median(lanes, axis=0))
    # Edges were measured under a rough gain; the next round's are exact, and only their course is used.
    return replace(
        draft,
        gain=gain,
        known_columns=cv2.erode(known.astype(np.uint8), np.ones((1, 3), np.uint8))[0].astype(bool),
        coating_gl=coating_gl,
        foil_gl=foil_gl,
        lanes_px=lanes_px,
        focus=float(np.median(focus)),
    )


def _rough_gain(draft: Calibration, frames: Sequence[Frame]) -> NDArray[np.float32]:
    """Lamp shade alone: the median column inside the lanes, smoothed, bridged across gaps."""
    columns = np.median([frame.pixels[::_ROUGH_ROWS].mean(axis=0) for frame in frames[:_ROUGH_FRAMES]], axis=0)
    margin = np.zeros(draft.columns, bool)
    for left, right in draft.lanes_px:
        inset = min(max((right - left) / 50, _LAYOUT_ERROR_PX), (right - left) / 4)
        margin[int(left + inset) : int(right - inset)] = True
    if draft.skip_coating:
        return draft.gain
    return _bridge(np.where(margin, columns, np.nan))


def _bridge(columns: NDArray[np.float64]) -> NDArray[np.float32]:
    """Smooth over known columns, straight lines between them, median 1."""
    known = np.flatnonzero(np.isfinite(columns))
    smooth = _smooth(columns[known])
    level = np.median(smooth)
    if not level > 0:
        raise CalibrationError("expected light on the coating, got black columns: calibrate on running production")
    return (np.interp(np.arange(len(columns)), known, smooth) / level).astype(np.float32)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, then mean, over 65 columns."""
    half = _SMOOTH_COLUMNS // 2
    padded = np.pad(values, half, mode="edge")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH_COLUMNS), axis=1)
    smooth: NDArray[np.float64] = cv2.blur(medians[None], (_SMOOTH_COLUMNS, 1), borderType=cv2.BORDER_REPLICATE)[0]
    return smooth


def _column_means(frame: Frame, light: Light, web: Web) -> NDArray[np.float64]:
    """Mean over the rows in which every lane is coated, by column, under the calibrated lamp."""
    rows = np.repeat(np.all(web.states == COATED, axis=1), BAND_ROWS)[: frame.rows]
    if not rows.any():
        return np.full(frame.columns, np.nan)
    means: NDArray[np.float64] = frame.pixels[rows].mean(axis=0) / light.level
    return means


def _inside(web: Web, calibration: Calibration, direction: int) -> NDArray[np.bool_]:
    """Columns well inside coating (direction 1) or well inside foil (-1)."""
    margin = _CLEAR_OF_EDGE_PX
    coated = np.zeros(calibration.columns, bool)
    for lane, (left, right) in enumerate(web.lanes_px):
        inset_left, inset_right = margin * direction * ~web.open_edges[lane]
        coated[max(round(left + inset_left), 0) : max(round(right - inset_right), 0)] = True
    return coated if direction > 0 else ~coated


def _median(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Median over frames by column, NaN where a column was never seen in at least a third of them."""
    stack = np.stack(rows)
    seen = np.isfinite(stack).sum(axis=0) * 3 >= len(rows)
    median = np.full(stack.shape[1], np.nan)
    if seen.any():
        median[seen] = np.nanmedian(stack[:, seen], axis=0)
    return median


def _gain(
    coating: NDArray[np.float64], foil: NDArray[np.float64], *, smooth: bool
) -> tuple[NDArray[np.float32], float, float]:
    """Column gains and the grey levels of coating and foil at gain 1."""
    if not np.isfinite(coating).any():
        raise CalibrationError("expected coating in sight, got frames without any: calibrate on running production")
    shade = _bridge(coating)
    coating_gl = float(np.nanmedian(coating / np.maximum(shade, _DARKEST)))
    if not coating_gl > 0:
        raise CalibrationError("expected light on the coating, got black columns: calibrate on running production")
    foil_gl = float(np.nanmedian(foil / np.maximum(shade, _DARKEST))) if np.isfinite(foil).any() else float("nan")
    if not foil_gl > coating_gl:
        # Whatever lies beside the lanes is not foil, which would be brighter: black beyond the web's rim, mostly.
        foil_gl, foil = float("nan"), np.full_like(foil, np.nan)
    gain = shade.copy()
    if not smooth:
        for level, columns in ((coating_gl, coating), (foil_gl, foil)):
            known = np.isfinite(columns)
            gain[known] = columns[known] / level
    return gain, coating_gl, foil_gl
