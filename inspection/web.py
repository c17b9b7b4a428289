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
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.flat_field import Light, Windows
from inspection.frame import Pixels
from inspection.kernels.reading import BAND_ROWS, BARE, BOUNDARY, COATED
from inspection.kernels.robust import fit_courses, row_medians
from inspection.kernels.rows import even_band_means

EDGE_WINDOW_PX = 20
"""Columns over which an edge is measured once it is roughly known."""


@dataclass(frozen=True)
class WebSettings:
    """How lane edges are sought.

    Attributes
    ----------
    search_mm : float
        How far the web may have wandered from its calibrated place.
    guard_px : int
        Columns on either side of an edge, and rows before and after the end of a patch, that are
        judged by where the edge runs, not by their grey.
    shortest_gap_rows : int
        Bare rows that make a skip gap; fewer are a defect.
    """

    search_mm: Annotated[float, Interval(gt=0, le=100)] = 3.0
    guard_px: Annotated[int, Interval(ge=1, le=32)] = 5
    shortest_gap_rows: Annotated[int, Interval(ge=1, le=10_000)] = 24


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
    lost_edges : ndarray of shape (lanes, 2), bool
        One should be in sight and was not found near its place; its course is where it usually runs.
    states : ndarray of shape (bands, lanes), int8
        COATED, BARE or BOUNDARY.
    patch_rows : tuple of tuple of (int, int)
        Per lane, the coated row intervals.
    """

    edges_px: NDArray[np.float64]
    course_px: NDArray[np.float64]
    open_edges: NDArray[np.bool_]
    lost_edges: NDArray[np.bool_]
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


def find_web(pixels: Pixels, light: Light, windows: Windows, calibration: Calibration, settings: WebSettings) -> Web:
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
    states = _states(coated, settings.guard_px)
    nominal = calibration.lanes_px
    open_edges = (nominal <= 0) | (nominal >= calibration.columns) | (not calibration.sees_foil)
    edges = np.broadcast_to(nominal[:, :, None], (*nominal.shape, len(states))).copy()
    course = edges.copy()
    lost = np.zeros_like(open_edges)
    traced = _trace(pixels, light, calibration, states, ~open_edges, settings)
    edges[~open_edges], course[~open_edges], lost[~open_edges] = traced
    return Web(edges, course, open_edges, lost, states, tuple(_intervals(rows) for rows in coated))


def _coated_rows(light: Light, windows: Windows, calibration: Calibration, shortest_gap: int) -> NDArray[np.bool_]:
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
    if rows.all():
        return ((0, len(rows)),)
    changes = np.flatnonzero(np.diff(rows, prepend=False, append=False))
    return tuple((int(begin), int(end)) for begin, end in changes.reshape(-1, 2))


def _states(coated: NDArray[np.bool_], guard: int) -> NDArray[np.int8]:
    """Per band and lane: COATED or BARE where the band and `guard` rows around it agree, else BOUNDARY."""
    lanes, rows = coated.shape
    states = np.full((bands_in(rows), lanes), COATED, np.int8)
    if coated.all():
        return states
    for band in range(len(states)):
        top = min(band * BAND_ROWS, rows - BAND_ROWS)
        near = coated[:, max(top - guard, 0) : top + BAND_ROWS + guard]
        states[band] = np.where(near.all(axis=1), COATED, np.where(near.any(axis=1), BOUNDARY, BARE))
    return states


def _trace(
    pixels: Pixels,
    light: Light,
    calibration: Calibration,
    states: NDArray[np.int8],
    in_sight: NDArray[np.bool_],
    settings: WebSettings,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Edges and courses of all edges in sight, shape (edges, bands), and which were lost: in ever narrower windows."""
    lanes, sides = np.nonzero(in_sight)
    seen = (states[:, lanes] == COATED).T
    if not lanes.size:
        return np.empty(seen.shape), np.empty(seen.shape), np.empty(0, bool)
    nominal = calibration.lanes_px[lanes, sides]
    room = _room(calibration)[lanes, sides].min()
    reach = min(settings.search_mm / calibration.placement.mm_per_px_cross, room)
    measure = _EdgeGauge(pixels, light, calibration, lanes, sides)
    centre, widest = nominal, max(int(2 * reach), 8)
    for width in (widest, min(3 * EDGE_WINDOW_PX, widest)):
        # A wide window may be a pixel or two off where the foil in it is uneven; the next is not.
        rough = np.where(seen, measure(centre, width, 1), np.nan)
        centre = np.where(seen.any(axis=1), np.nan_to_num(row_medians(rough)), nominal)
    fine = measure(centre, min(EDGE_WINDOW_PX, widest), BAND_ROWS)
    course = slow_courses(fine, seen)
    # An edge that cannot be seen, as in a black frame, is taken to be where it usually is.
    astray = ~(np.abs(course - nominal[:, None]) <= 2 * reach).all(axis=1)
    course[astray] = nominal[astray, None]
    return np.where(seen, fine, np.nan), course, astray


class _EdgeGauge:
    """Measures edges by area: the grey that a window lacks to be all coating, in columns of foil."""

    def __init__(
        self,
        pixels: Pixels,
        light: Light,
        calibration: Calibration,
        lanes: NDArray[np.int64],
        sides: NDArray[np.int64],
    ) -> None:
        self.pixels, self.row_gain, self.right = pixels, light.row_gain, sides == 1
        self.gain_before = calibration.gain_before
        self.coating_gl = calibration.coating_gl * light.level * light.lane_levels[lanes]
        self.foil_gl = calibration.foil_gl * light.level

    def __call__(self, centre: NDArray[np.float64], width: int, rows_read: int) -> NDArray[np.float64]:
        """Edge columns of every band, shape (edges, bands), from that many rows of each."""
        width = min(width, self.pixels.shape[1])
        left = np.clip(np.rint(centre) - width // 2, 0, self.pixels.shape[1] - width).astype(np.int64)
        means = even_band_means(self.pixels, left, width, self.row_gain, rows_read)
        gain = (self.gain_before[left + width] - self.gain_before[left]) / width
        per_column = (self.foil_gl - self.coating_gl) * gain / width
        foil_columns = (means - (self.coating_gl * gain)[:, None]) / per_column[:, None]
        edges: NDArray[np.float64] = left[:, None] + np.where(self.right[:, None], width - foil_columns, foil_columns)
        return edges


def _room(calibration: Calibration) -> NDArray[np.float64]:
    """Columns from each edge to half-way to the next edge, or to the rim: a window holds one edge only."""
    edges = np.concatenate([[0.0], calibration.lanes_px.ravel(), [float(calibration.columns)]])
    share = np.full(len(edges) - 1, 0.5)
    share[[0, -1]] = 1.0
    gaps = np.diff(edges) * share
    room: NDArray[np.float64] = np.minimum(gaps[:-1], gaps[1:]).reshape(-1, 2)
    return room


def slow_courses(edges_px: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The parabola that each edge follows, chips and bulges apart.

    Three least-squares fits, each without what the one before left more than 2.5 robust
    standard deviations away.

    Parameters
    ----------
    edges_px : ndarray of shape (edges, bands)
    seen : ndarray of shape (edges, bands), bool
        Bands to fit.
    """
    along = np.linspace(-1, 1, edges_px.shape[1])
    powers = np.stack([np.ones_like(along), along, along**2])[: max(1, min(3, edges_px.shape[1] // 4))]
    return fit_courses(edges_px, seen, powers)
