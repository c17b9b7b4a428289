"""Noise sampling: the statistics of one frame, as screening will see them.

In:  a frame's pixels, its light and its web; a calibration whose noise is the unit.
Out: a Sample of every statistic: its values for the noise, its extremes for the thresholds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.averages import average
from inspection.calibration import Calibration
from inspection.expectation import expect
from inspection.flat_field import Light
from inspection.frame import Pixels
from inspection.geometry import Box
from inspection.kernels.reading import BAND_ROWS, COATED
from inspection.screening import TILE_PX, Screening, ScreeningSettings, screen
from inspection.segmentation import STEPS_PER_SIGMA, deviation
from inspection.web import Web


@dataclass(frozen=True, eq=False)
class Sample:
    """One statistic in one frame, and the blocks in which its extremes are taken."""

    values: NDArray[np.float32]
    coated: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    block: tuple[int, int]

    @property
    def coating(self) -> NDArray[np.float32]:
        """Judged values over coating, thinned to what a median needs."""
        return _thinned(self.values[self.coated & self.judged])

    @property
    def foil(self) -> NDArray[np.float32]:
        """Judged values over foil, thinned likewise."""
        return _thinned(self.values[~self.coated & self.judged])

    def extremes(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Largest magnitude in each block: of coating, and of foil."""
        return self._extremes(self.judged & self.coated), self._extremes(self.judged & ~self.coated)

    def _extremes(self, judged: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Blocks that hold less than half of what the fullest one holds would look quieter than they are."""
        counts, largest = self._blocks(judged).sum(axis=(1, 3)), self._blocks(np.abs(self.values) * judged)
        found: NDArray[np.float32] = largest.max(axis=(1, 3))[(2 * counts >= counts.max()) & (counts > 0)]
        return found

    def _blocks(self, values: NDArray[Any]) -> NDArray[Any]:
        down, cross = min(self.block[0], values.shape[0]), min(self.block[1], values.shape[1])
        whole = values[: values.shape[0] // down * down, : values.shape[1] // cross * cross]
        return whole.reshape(-1, down, whole.shape[1] // cross, cross)


def _thinned(values: NDArray[np.float32], most: int = 20_000) -> NDArray[np.float32]:
    return values[:: max(len(values) // most, 1)].copy()


def sample_statistics(
    pixels: Pixels, light: Light, web: Web, calibration: Calibration, guard_px: int
) -> dict[str, Sample]:
    """Every statistic of one frame, by the very code that screens it later.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns)
    light, web
        As found in that frame.
    calibration : Calibration
        Its noise is the unit of the samples.
    guard_px : int
        Columns on either side of a lane edge that are not judged by their grey.

    Returns
    -------
    dict of str to Sample
        By the names of `calibration.STATISTICS`.
    """
    screening = screen(pixels, expect(light, web, calibration, guard_px), calibration, ScreeningSettings())
    averages = average(screening, (), calibration, ScreeningSettings(), shadows=True)
    coated = screening.expectation.coated_columns
    samples = {"point": _point_sample(pixels, screening, calibration, coated), "edge": _edge_sample(web)}
    tiles_coated = coated[::TILE_PX][None]
    for tiles, values in averages.wide.items():
        samples[f"wide_{TILE_PX * tiles}"] = Sample(
            values, np.broadcast_to(tiles_coated, values.shape), values != 0, (16, 64)
        )
    for width, profile in averages.profiles.items():
        judged, of_coating = profile != 0, np.broadcast_to(coated, profile.shape)
        samples[f"part_{width}"] = Sample(profile[:-1], of_coating[:-1], judged[:-1], (1, 512))
        samples[f"streak_{width}"] = Sample(profile[-1:], of_coating[-1:], judged[-1:], (1, 512))
    return samples


def column_profile(
    pixels: Pixels, light: Light, web: Web, calibration: Calibration, guard_px: int
) -> NDArray[np.float32]:
    """Deviation of each coated column from the coating around it, over the frame's height, as `Averages.columns`.

    Returns
    -------
    ndarray of shape (columns,), float32
        NaN on foil and where not judged.
    """
    screening = screen(pixels, expect(light, web, calibration, guard_px), calibration, ScreeningSettings())
    columns = average(screening, (), calibration, ScreeningSettings(), shadows=True).columns[-1]
    return np.where(screening.expectation.coated_columns & (columns != 0), columns, np.float32(np.nan))


def _point_sample(pixels: Pixels, screening: Screening, calibration: Calibration, coated: NDArray[np.bool_]) -> Sample:
    """3x3 means of the whole frame; lanes count where every lane is coated, foil between lanes always."""
    steps = deviation(pixels, screening.expectation, calibration, Box(0, 0, *pixels.shape))
    rows = np.repeat(np.all(screening.expectation.states == COATED, axis=1), BAND_ROWS)[: pixels.shape[0]]
    judged = (steps != 0) & (rows[:, None] | ~coated)
    judged[[0, -1]] = False
    sigma = (steps / np.float32(STEPS_PER_SIGMA)).astype(np.float32)
    return Sample(sigma, np.broadcast_to(coated, steps.shape), judged, (128, 512))


def _edge_sample(web: Web) -> Sample:
    """Deviations of edges from their course, in pixels, one row an edge."""
    deviation_px = (web.edges_px - web.course_px).reshape(-1, web.edges_px.shape[2])
    judged = np.isfinite(deviation_px) & ~web.open_edges.ravel()[:, None]
    values = np.where(judged, deviation_px, 0).astype(np.float32)
    return Sample(values, np.ones(values.shape, bool), judged, (1, 64))
