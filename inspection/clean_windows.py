"""Clean windows: what crops of this product look like where nothing was found.

In:  calibration frames, cut at random places by the very code that cuts candidates.
Out: their Normality.

A few of the frames may show defects. The moments are robust (`normality.robust_moments`), and so is the limit, which
few crops need to have reached: the largest distance in each block of 32 crops follows an extreme-value law, fitted to
the middle of the blocks and followed out to where 999 of 1000 single crops lie (as in `thresholds`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.candidates import describe_places
from inspection.expectation import expect
from inspection.flat_field import Light
from inspection.frame import Pixels
from inspection.normality import DESCRIPTION, Normality, robust_moments, squared_distances
from inspection.thresholds import extreme_level
from inspection.web import Web

WINDOWS_PER_FRAME = 256
"""Random places in one frame; foil gets its share of them."""

_BLOCK = 32
_BEYOND_LIMIT = 1e-3
"""Share of clean crops whose score is above 1."""

_FEWEST_WINDOWS = 12 * _BLOCK
"""Fewer give no opinion: too few blocks for a law, and too few crops for the correlations of sixteen numbers."""


def describe_windows(
    pixels: Pixels, light: Light, web: Web, calibration: Calibration, guard_px: int, rng: Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Describe random windows of one frame.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    light, web
        As found in that frame.
    calibration : Calibration
        With its noise measured.
    guard_px : int
        Columns on either side of a lane edge that do not count.
    rng : Generator
        Says where.

    Returns
    -------
    coating, foil : ndarray of shape (windows, 16), float64
        As in `normality.DESCRIPTION`.
    """
    places = rng.integers(0, pixels.shape, (WINDOWS_PER_FRAME, 2))
    expectation = expect(light, web, calibration, guard_px)
    described, on_foil = describe_places(pixels, np.hstack([places, places + 1]), expectation, web, calibration)
    counted = np.isfinite(described[:, 0])
    return described[counted & ~on_foil], described[counted & on_foil]


def normality_of(coating: Sequence[NDArray[np.float64]], foil: Sequence[NDArray[np.float64]]) -> Normality:
    """What clean windows have in common.

    Parameters
    ----------
    coating, foil : sequence of ndarray of shape (windows, 16), float64
        Descriptions by frame.
    """
    fitted = [_fit(material) for material in (coating, foil)]
    unknown = Normality.unknown()
    for material, found in enumerate(fitted):
        if found is not None:
            unknown.mean[material], unknown.whitening[material], unknown.limit[material] = found
    return unknown


def _fit(frames: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64], float] | None:
    """Mean, whitening and limit, None from too few windows."""
    together = np.concatenate(frames)
    if len(together) < _FEWEST_WINDOWS:
        return None
    mean, whitening = robust_moments(together)
    return mean, whitening, _limit([squared_distances(described, mean, whitening) for described in frames])


def _limit(squares: Sequence[NDArray[np.float64]]) -> float:
    """Distance below which 999 of 1000 stay, by the largest squares in blocks; not below their mean in plain noise."""
    together = np.concatenate(squares)
    blocks = together[: len(together) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).max(axis=1)
    beyond = 1 - (1 - _BEYOND_LIMIT) ** _BLOCK
    return float(np.sqrt(max(extreme_level(blocks, beyond), len(DESCRIPTION))))
