"""Frame checks: is this frame fit to be judged?

In:  pixels, light, web, calibration.
Out: reasons to hold the frame, in plain words; none when it is fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.flat_field import Light
from inspection.frame import Frame
from inspection.kernels.reading import BAND_ROWS, COATED
from inspection.kernels.robust import median
from inspection.kernels.rows import sharpness_at
from inspection.web import Web

_EVERY_ROW = 32
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

    lowest_lamp: Annotated[float, Interval(gt=0, lt=1)] = 0.6
    highest_lamp: Annotated[float, Interval(gt=1, le=10)] = 1.4
    largest_saturated_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    lowest_focus: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    most_lost_lines: Annotated[int, Interval(ge=0, le=100)] = 0


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
    share = saturated_share(frame)
    if share > settings.largest_saturated_share:
        yield f"overexposed: {share:.1%} of pixels at full scale, at most {settings.largest_saturated_share:.1%} wanted"


def saturated_share(frame: Frame) -> float:
    """Share of pixels at full scale, counted in every 32nd row."""
    sample = frame.pixels[::_EVERY_ROW]
    return float(np.count_nonzero(sample >= frame.full_scale_gl) / sample.size)


def _lines(frame: Frame, light: Light, settings: FrameCheckSettings) -> Iterator[str]:
    """Lines that are black, or equal to the line before: noise never repeats itself.

    Two windows' sums say which lines are worth comparing.
    """
    first, second = light.ratios[0], light.ratios[1]
    black = [row for row in np.flatnonzero(first == 0) if not frame.pixels[row].any()]
    suspects = np.flatnonzero((first[1:] == first[:-1]) & (second[1:] == second[:-1]))
    repeated = [row for row in suspects if np.array_equal(frame.pixels[row], frame.pixels[row + 1])]
    copies = len(set(repeated) - set(black))
    if len(black) > settings.most_lost_lines:
        yield f"lines lost: {len(black)} of {frame.rows} are black"
    if copies > settings.most_lost_lines:
        yield f"lines repeated: {copies} of {frame.rows} equal the line before"


def _focus(frame: Frame, web: Web, calibration: Calibration, settings: FrameCheckSettings) -> Iterator[str]:
    if not np.isfinite(calibration.focus):
        return
    focus = edge_sharpness(frame.pixels, web) / calibration.focus
    if focus < settings.lowest_focus:
        wanted = settings.lowest_focus
        yield f"blurred: lane edges at {focus:.0%} of their calibrated sharpness, at least {wanted:.0%} wanted"


def edge_sharpness(pixels: NDArray[np.uint8] | NDArray[np.uint16], web: Web) -> float:
    """Sharpness of lane edges: the squared slope summed over the edge, over the squared step, per pixel.

    For a Gaussian blur of s px it is 1 / (2 sqrt(pi) s), so it halves when the blur doubles.
    The median over lanes and parts of the frame; NaN where no edge is in sight.
    """
    tops, lefts = _places(web, pixels.shape)
    return median(sharpness_at(pixels, tops, lefts, _FOCUS_ROWS, 2 * _FOCUS_HALF_PX))


def _places(web: Web, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First rows and columns of the windows on lane edges in which sharpness is measured."""
    across, bands, (rows, columns) = _FOCUS_ROWS // BAND_ROWS, len(web.states), shape
    places = []
    for band in range(0, bands - across + 1, max(bands // 3, across)):
        if band * BAND_ROWS + _FOCUS_ROWS > rows:
            break
        coated = (web.states[band : band + across] == COATED).all(axis=0)
        for lane, side in np.argwhere(~web.open_edges & coated[:, None]).tolist():
            left = int(web.course_px[lane, side, band]) - _FOCUS_HALF_PX
            if 0 <= left <= columns - 2 * _FOCUS_HALF_PX:
                places.append((band * BAND_ROWS, left))
    tops, lefts = np.array(places, np.int64).reshape(-1, 2).T.copy()
    return tops, lefts
