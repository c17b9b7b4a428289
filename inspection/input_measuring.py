"""Input measuring: how a camera, its lens and its lamp are doing, told by frames of ordinary production.

In:  a frame, its light and web, the calibration.
Out: its InputHealth.

Frame checks say whether one frame can be judged. These numbers say where the camera is heading long
before that: they are cheap enough for a frame now and then, and mean something as averages over minutes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.expectation import Expectation, expect
from inspection.flat_field import ROWS_PER_LEVEL_SAMPLE, Light, Windows
from inspection.frame import Frame
from inspection.frame_checks import edge_sharpness, saturated_share
from inspection.geometry import Box
from inspection.input_health import InputHealth
from inspection.kernels.robust import median, row_medians
from inspection.segmentation import STEPS_PER_SIGMA, deviation
from inspection.web import Web

_SIGMA_PER_DEVIATION: Final = 1.4826
"""Standard deviation of a normal law over its median absolute deviation."""

_ALL_BUT_DEFECTS: Final = 0.85
"""Two of sixteen windows may lie on something; what the light does is seen in its neighbours too."""

_BARE: Final = 0.3
"""No lamp flickers that much between two rows; foil is brighter still."""

_DARKEST: Final = 1e-6
_NOISE_ROWS: Final = 32
"""Sixteen windows of 32 x 32 px tell the noise within a few percent."""


def measure_input(
    frame: Frame, light: Light, web: Web, windows: Windows, calibration: Calibration, *, guard_px: int
) -> InputHealth:
    """Measure how the input of one frame compares with its calibration.

    Parameters
    ----------
    frame : Frame
        Of the calibration's columns and bits.
    light, web
        As found in that frame.
    windows : Windows
        Those that `light` was measured in.
    calibration : Calibration
    guard_px : int
        Columns on either side of a lane edge that are not judged by their grey.
    """
    levels = row_medians(light.ratios[:, ::ROWS_PER_LEVEL_SAMPLE])
    return InputHealth(
        lamp=float(light.level),
        flicker=_flicker(light, levels),
        focus=edge_sharpness(frame.pixels, web) / calibration.focus,
        flat_field=float(np.quantile(np.abs(levels / light.level - 1), _ALL_BUT_DEFECTS)),
        noise=_noise(frame, expect(light, web, calibration, guard_px), windows, calibration),
        saturated=saturated_share(frame),
    )


def _flicker(light: Light, levels: NDArray[np.float64]) -> float:
    """Spread of the rows' light over all windows, bare rows of skip coating apart."""
    rows = np.median(light.ratios / np.maximum(levels, _DARKEST)[:, None], axis=0)
    rows = rows[np.abs(rows - 1) < _BARE]
    return _SIGMA_PER_DEVIATION * median(np.abs(rows - median(rows)))


def _noise(frame: Frame, expectation: Expectation, windows: Windows, calibration: Calibration) -> float:
    """Median spread over the windows, each at another height: defects fill but a few of them."""
    height = min(_NOISE_ROWS, frame.rows)
    tops = np.linspace(0, frame.rows - height, len(windows.lefts)).astype(int).tolist()
    lefts = windows.lefts.tolist()
    boxes = [Box(top, left, top + height, left + windows.width) for top, left in zip(tops, lefts, strict=True)]
    spreads = np.array([_spread(deviation(frame.pixels, expectation, calibration, box)) for box in boxes])
    return median(spreads[np.isfinite(spreads)]) / STEPS_PER_SIGMA


def _spread(steps: NDArray[np.int16]) -> float:
    """Robust standard deviation of what is judged, NaN where nothing is."""
    judged = steps[steps != 0].astype(np.float32)
    return _SIGMA_PER_DEVIATION * median(np.abs(judged - np.float32(median(judged))))
