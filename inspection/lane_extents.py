"""Lane extents: where the lanes of one frame lay on the web, what was measured of them, and their numbers.

In:  the web as found, the calibration, the recipe's lane plan, where the frame lies.
Out: an extent for each lane that shows coating, and a number for every calibrated one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.kernels.robust import course_figures
from inspection.record import CoatedPatch, LaneExtent
from inspection.roll.lanes import LaneSettings, number_lanes
from inspection.web import Web


@dataclass(frozen=True)
class FrameLanes:
    """The lanes of one frame.

    Attributes
    ----------
    numbers : tuple of int
        Of each lane of the calibration, in column order.
    extents : tuple of LaneExtent
        From the operator side; a lane that is bare over the whole frame has none.
    """

    numbers: tuple[int, ...]
    extents: tuple[LaneExtent, ...]


def lanes_in(
    web: Web, calibration: Calibration, settings: LaneSettings, frame: Frame, position_mm: float
) -> FrameLanes:
    """Tell where the lanes lay.

    Parameters
    ----------
    web : Web
    calibration : Calibration
    settings : LaneSettings
    frame : Frame
    position_mm : float
        Web position of row 0.
    """
    placement, turn = calibration.placement, -1 if calibration.placement.mirrored else 1
    means_px, waves_px = _edge_figures(web)
    # A mirrored camera's left column edge is the web's right one.
    edges_mm = [_across(placement, edges, frame.columns) for edges in means_px[:, ::turn].tolist()]
    waves_mm = (waves_px[:, ::turn] * placement.mm_per_px_cross).tolist()
    seen = (~(web.open_edges | web.lost_edges))[:, ::turn].tolist()
    numbers = tuple(number_lanes(edges_mm[::turn], settings.plan)[::turn])
    skip = calibration.skip_coating and calibration.sees_foil
    extents = [
        LaneExtent(
            lane=numbers[lane],
            left_mm=edges_mm[lane][0],
            right_mm=edges_mm[lane][1],
            left_in_sight=seen[lane][0],
            right_in_sight=seen[lane][1],
            left_wave_mm=_measured(waves_mm[lane][0], seen[lane][0]),
            right_wave_mm=_measured(waves_mm[lane][1], seen[lane][1]),
            patches=_patches(rows, frame.rows, placement, position_mm) if skip else None,
        )
        for lane, rows in enumerate(web.patch_rows)
        if rows
    ]
    return FrameLanes(numbers, tuple(sorted(extents, key=lambda extent: extent.lane)))


def _across(placement: Placement, edges_px: list[float], columns: int) -> tuple[float, float]:
    one, other = edges_px
    return placement.cross_mm(one, columns), placement.cross_mm(other, columns)


def _edge_figures(web: Web) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean column of each edge and how restless it is, in columns; both of shape (lanes, 2)."""
    lanes, _, bands = web.edges_px.shape
    figures = course_figures(web.edges_px.reshape(-1, bands), web.course_px.reshape(-1, bands)).reshape(lanes, 2, 2)
    means = np.where(np.isfinite(figures[..., 0]), figures[..., 0], web.lanes_px)
    return means, figures[..., 1]


def _measured(wave_mm: float, seen: bool) -> float | None:
    return None if math.isnan(wave_mm) or not seen else wave_mm


def _patches(
    intervals: tuple[tuple[int, int], ...], rows: int, placement: Placement, position_mm: float
) -> tuple[CoatedPatch, ...]:
    return tuple(
        CoatedPatch(
            from_mm=placement.down_mm(begin, position_mm),
            to_mm=placement.down_mm(end, position_mm),
            from_in_sight=begin > 0,
            to_in_sight=end < rows,
        )
        for begin, end in intervals
    )
