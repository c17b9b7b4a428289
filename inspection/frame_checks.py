"""Frame checks: is this frame fit to be judged?

In:  pixels, light, web, calibration.
Out: reasons to hold the frame, in plain words; none when it is fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.flat_field import Light
from inspection.frame import Frame
from inspection.web import Web

_EVERY_ROW = 16
_FOCUS_HALF_PX = 12
_FOCUS_ROWS = 32


@dataclass(frozen=True)
class FrameCheckSettings:
    """What a frame must be to be judged.

    Attributes
    ----------
    lowest_lamp, highest_lamp : float
        Lamp level relative to calibration.
    largest_saturated_share : float
        Share of pixels at full scale.
    lowest_focus : float
        Sharpness of lane edges relative to calibration.
    most_lost_lines : int
        Black or repeated lines.
    """

    lowest_lamp: float = 0.6
    highest_lamp: float = 1.4
    largest_saturated_share: float = 0.02
    lowest_focus: float = 0.5
    most_lost_lines: int = 0


def check_frame(
    frame: Frame, light: Light, web: Web, calibration: Calibration, settings: FrameCheckSettings
) -> tuple[str, ...]:
    """List every reason why the frame cannot be judged.

    Parameters
    ----------
    frame : Frame
    light, web, calibration
        From the stages before.
    settings : FrameCheckSettings
    """
    return (
        *_lamp(light, settings),
        *_saturation(frame, settings),
        *_lines(frame, light, settings),
        *_focus(frame, web, calibration, settings),
    )


def _lamp(light: Light, settings: FrameCheckSettings) -> Iterator[str]:
    if light.level < settings.lowest_lamp:
        yield f"too dark: lamp at {light.level:.0%} of calibration, at least {settings.lowest_lamp:.0%} wanted"
    if light.level > settings.highest_lamp:
        yield f"too bright: lamp at {light.level:.0%} of calibration, at most {settings.highest_lamp:.0%} wanted"


def _saturation(frame: Frame, settings: FrameCheckSettings) -> Iterator[str]:
    sample = frame.pixels[::_EVERY_ROW]
    share = np.count_nonzero(sample >= frame.full_scale_gl) / sample.size
    if share > settings.largest_saturated_share:
        yield f"overexposed: {share:.1%} of pixels at full scale, at most {settings.largest_saturated_share:.1%} wanted"


def _lines(frame: Frame, light: Light, settings: FrameCheckSettings) -> Iterator[str]:
    """Lines whose windows are black, or all equal to the line before: noise never repeats itself."""
    black = int(np.count_nonzero(~light.ratios.any(axis=0)))
    suspects = np.flatnonzero(~np.diff(light.ratios, axis=1).any(axis=0))
    repeated = sum(np.array_equal(frame.pixels[row], frame.pixels[row + 1]) for row in suspects) - max(black - 1, 0)
    if black > settings.most_lost_lines:
        yield f"lines lost: {black} of {frame.rows} are black"
    if repeated > settings.most_lost_lines:
        yield f"lines repeated: {repeated} of {frame.rows} equal the line before"


def _focus(frame: Frame, web: Web, calibration: Calibration, settings: FrameCheckSettings) -> Iterator[str]:
    if not np.isfinite(calibration.focus):
        return
    focus = edge_sharpness(frame.pixels, web) / calibration.focus
    if focus < settings.lowest_focus:
        yield f"blurred: lane edges at {focus:.0%} of their calibrated sharpness, at least {settings.lowest_focus:.0%} wanted"


def edge_sharpness(pixels: NDArray[np.uint8] | NDArray[np.uint16], web: Web) -> float:
    """Sharpness of lane edges: the squared slope summed over the edge, over the squared step, per pixel.

    For a Gaussian blur of s px it is 1 / (2 sqrt(pi) s), so it halves when the blur doubles.
    The median over lanes and parts of the frame; NaN where no edge is in sight.
    """
    found = [
        value
        for lane, side in np.argwhere(~web.open_edges)
        for value in _sharpness_along(pixels, web.course_px[lane, side], web.states[:, lane] == 0)
    ]
    return float(np.median(found)) if found else float("nan")


def _sharpness_along(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], course_px: NDArray[np.float64], seen: NDArray[np.bool_]
) -> Iterator[float]:
    bands = _FOCUS_ROWS // 8
    for band in range(0, len(course_px) - bands + 1, max(len(course_px) // 3, bands)):
        centre = int(course_px[band])
        left, right = centre - _FOCUS_HALF_PX, centre + _FOCUS_HALF_PX
        if not seen[band : band + bands].all() or left < 0 or right > pixels.shape[1]:
            continue
        profile = pixels[8 * band : 8 * band + _FOCUS_ROWS, left:right].mean(axis=0)
        step = profile[-3:].mean() - profile[:3].mean()
        if step:
            yield float(np.square(np.diff(profile)).sum() / step**2)
