"""The web in one frame: where its lanes begin and end, across and along.

In:  the frame's pixels, its light, the calibration.
Out: for every band of eight rows the edges of each lane and whether it is coated there.

Edges are measured by area: in a short window over an edge, the grey that is missing between
foil and coating is a number of columns. It uses every pixel of the window, needs no threshold,
and is exact for any symmetric blur (moment-preserving edge location, Tabatabai & Mitchell,
IEEE PAMI-6(2), 1984, in its first moment). An edge is judged against its own slow course, a
robust parabola, because the web wanders while a chipped edge jumps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.flat_field import Light, Windows
from inspection.frame import Pixels
from inspection.kernels import BAND_ROWS, BARE, BOUNDARY, COATED, window_row_sums


EDGE_WINDOW_PX = 32
"""Columns over which an edge is measured once it is roughly known."""


@dataclass(frozen=True)
class WebSettings:
    """How lane edges are sought.

    Attributes
    ----------
    search_mm : float
        How far the web may have wandered from its calibrated place.
    guard_px : int
        Columns on either side of an edge that are judged by the edge's course, not by their grey.
    shortest_gap_rows : int
        Bare rows that make a skip gap; fewer are a defect.
    """

    search_mm: float = 3.0
    guard_px: int = 5
    shortest_gap_rows: int = 24


@dataclass(frozen=True, eq=False)
class Web:
    """Lanes by band.

    Attributes
    ----------
    edges_px : ndarray of shape (lanes, 2, bands), float64
        Left and right edges as measured; NaN where the lane is not coated.
    course_px : ndarray of shape (lanes, 2, bands), float64
        Their slow course.
    open_edges : ndarray of shape (lanes, 2), bool
        The lane reaches the rim of the frame there: no edge is in sight.
    states : ndarray of shape (bands, lanes), int8
        COATED, BARE or BOUNDARY.
    patch_rows : tuple of tuple of (int, int)
        Per lane, the coated row intervals.
    """

    edges_px: NDArray[np.float64]
    course_px: NDArray[np.float64]
    open_edges: NDArray[np.bool_]
    states: NDArray[np.int8]
    patch_rows: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def lanes_px(self) -> NDArray[np.float64]:
        """Mean left and right edge of each lane, shape (lanes, 2)."""
        mean: NDArray[np.float64] = self.course_px.mean(axis=2)
        return mean


def bands_in(rows: int) -> int:
    """Bands of eight rows that cover a frame; the last one may overlap the one before."""
    return -(-rows // BAND_ROWS)


def find_web(
    pixels: Pixels, light: Light, windows: Windows, calibration: Calibration, settings: WebSettings
) -> Web:
    """Find lanes, edges and patches in one frame.

    Parameters
    ----------
    pixels : ndarray of shape (rows, columns)
    light : Light
    windows : Windows
        Those that `light` was measured in.
    calibration : Calibration
    settings : WebSettings
    """
    coated = _coated_rows(light, windows, calibration, settings.shortest_gap_rows)
    states = _states(coated)
    nominal = calibration.lanes_px
    open_edges = (nominal <= 0) | (nominal >= calibration.columns)
    bands = bands_in(pixels.shape[0])
    edges = np.broadcast_to(nominal[:, :, None], (*nominal.shape, bands)).copy()
    course = edges.copy()
    for lane, side in np.argwhere(~open_edges & calibration.sees_foil):
        seen = states[:, lane] == COATED
        edge = _Edge(pixels, light, calibration, int(lane), int(side))
        edges[lane, side], course[lane, side] = edge.trace(seen, settings.search_mm)
    patches = tuple(_intervals(rows) for rows in coated)
    return Web(edges, course, open_edges, states, patches)


def _coated_rows(
    light: Light, windows: Windows, calibration: Calibration, shortest_gap: int
) -> NDArray[np.bool_]:
    """Which rows of each lane are coated, shape (lanes, rows); always all of them unless skip-coated."""
    lanes = len(calibration.lanes_px)
    if not (calibration.skip_coating and calibration.sees_foil):
        return np.ones((lanes, light.ratios.shape[1]), bool)
    # Half-way between coating and foil, as a multiple of coating.
    threshold = (1 + calibration.foil_gl / calibration.coating_gl) / 2 * light.level
    ratio = np.stack([np.median(light.ratios[windows.lanes == lane], axis=0) for lane in range(lanes)])
    coated: NDArray[np.bool_] = ratio < threshold
    for lane in range(lanes):
        for begin, end in _intervals(~coated[lane]):
            if end - begin < shortest_gap and begin > 0 and end < coated.shape[1]:
                coated[lane, begin:end] = True
    return coated


def _intervals(rows: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    changes = np.flatnonzero(np.diff(rows, prepend=False, append=False))
    return tuple((int(begin), int(end)) for begin, end in changes.reshape(-1, 2))


def _states(coated: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Per band and lane: COATED or BARE where the band and two rows around it agree, else BOUNDARY."""
    lanes, rows = coated.shape
    states = np.full((bands_in(rows), lanes), COATED, np.int8)
    if coated.all():
        return states
    for band in range(len(states)):
        top = min(band * BAND_ROWS, rows - BAND_ROWS)
        near = coated[:, max(top - 2, 0) : top + BAND_ROWS + 2]
        states[band] = np.where(near.all(axis=1), COATED, np.where(near.any(axis=1), BOUNDARY, BARE))
    return states


class _Edge:
    """One edge of one lane: measured by area in a wide window, then in a narrow one."""

    def __init__(self, pixels: Pixels, light: Light, calibration: Calibration, lane: int, side: int) -> None:
        self.pixels, self.gain, self.row_gain = pixels, calibration.gain, light.row_gain
        self.coating_gl = calibration.coating_gl * light.level * light.lane_levels[lane]
        self.foil_gl = calibration.foil_gl * light.level
        self.right = side == 1
        self.nominal = calibration.lanes_px[lane, side]
        self.room = _room(calibration.lanes_px, lane, side, calibration.columns)
        self.mm_per_px = calibration.placement.mm_per_px_cross

    def trace(
        self, seen: NDArray[np.bool_], search_mm: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Edge and course by band; the nominal place where nothing of it is seen."""
        if not seen.any():
            return np.full(len(seen), np.nan), np.full(len(seen), self.nominal)
        reach = int(min(search_mm / self.mm_per_px, self.room))
        coarse = float(np.median(self._measure(self.nominal, max(2 * reach, 8))[seen]))
        fine = self._measure(coarse, int(min(EDGE_WINDOW_PX, max(2 * self.room, 8))))
        return np.where(seen, fine, np.nan), slow_course(fine, seen)

    def _measure(self, centre: float, width: int) -> NDArray[np.float64]:
        """Edge column by band, from the grey that a window `width` wide lacks to be all coating."""
        width = min(width, self.pixels.shape[1])
        left = int(np.clip(round(centre) - width // 2, 0, self.pixels.shape[1] - width))
        sums = window_row_sums(self.pixels, np.array([left]), width)[0] / self.row_gain
        gain = self.gain[left : left + width]
        step = (self.foil_gl - self.coating_gl) * float(gain.mean())
        foil_columns = (band_means(sums) - self.coating_gl * float(gain.sum())) / step
        return left + (width - foil_columns if self.right else foil_columns)


def _room(lanes_px: NDArray[np.float64], lane: int, side: int, columns: int) -> float:
    """Columns to half-way to the next edge or the rim on either side: a window must hold one edge only."""
    edges = np.concatenate([[0.0], lanes_px.ravel(), [float(columns)]])
    here = 2 * lane + side + 1
    before, after = edges[here] - edges[here - 1], edges[here + 1] - edges[here]
    to_rim_before, to_rim_after = (1.0 if here == 1 else 0.5), (1.0 if here == len(edges) - 2 else 0.5)
    return float(min(before * to_rim_before, after * to_rim_after))


def band_means(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over bands of eight rows; the last band ends with the frame."""
    whole = len(rows) // BAND_ROWS * BAND_ROWS
    means = rows[:whole].reshape(-1, BAND_ROWS).mean(axis=1)
    return means if whole == len(rows) else np.append(means, rows[-BAND_ROWS:].mean())


def slow_course(edge_px: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The parabola an edge follows, chips and bulges apart.

    Three least-squares fits, each without what the one before left more than 2.5 robust
    standard deviations away.

    Parameters
    ----------
    edge_px : ndarray of shape (bands,)
    seen : ndarray of shape (bands,), bool
        Bands to fit; at least one.
    """
    along = np.linspace(-1, 1, len(edge_px))
    powers = np.stack([np.ones_like(along), along, along**2])[: max(1, min(3, int(seen.sum()) // 4))]
    weight = seen.astype(float)
    course = np.full(len(edge_px), float(np.median(edge_px[seen])))
    for _ in range(3):
        residual = np.abs(edge_px - course)
        spread = 1.4826 * float(np.median(residual[seen]))
        weight = seen & (residual <= max(2.5 * spread, 0.05))
        weighted = powers * weight
        ridge = 1e-9 * np.eye(len(powers))
        course = np.linalg.solve(weighted @ powers.T + ridge, weighted @ edge_px) @ powers
    return course
