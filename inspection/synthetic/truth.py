"""Truth: what was drawn on a frame, in that frame's pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.defect import Kind
from inspection.geometry import Box


@dataclass(frozen=True, eq=False)
class TrueDefect:
    """One drawn defect, as far as this frame shows it.

    Attributes
    ----------
    kind : Kind
    identity : int
        The same on every frame that shows a part of it.
    box : Box
        Tight around its own pixels.
    mask : ndarray of the box's shape, bool
        Its own pixels.
    lane : int or None
        From 1 in column order; None on bare foil or across lanes.
    length_mm, width_mm : float
        Extent of the box along and across the web.
    contrast_sigma : float
        Mean deviation over its own pixels, signed, in noise sigmas of one pixel.
    peak_sigma : float
        Largest deviation of a 3x3 mean without noise, unsigned, in noise sigmas of such a mean.
        Noise is grain and sensor together, as correlated as they are.
    size_px : float
        Number of its own pixels.
    """

    kind: Kind
    identity: int
    box: Box
    mask: NDArray[np.bool_]
    lane: int | None
    length_mm: float
    width_mm: float
    contrast_sigma: float
    peak_sigma: float
    size_px: float


@dataclass(frozen=True, eq=False)
class Truth:
    """Everything known about one frame.

    Attributes
    ----------
    defects : tuple of TrueDefect
    edges_px : ndarray of shape (lanes, 2, rows), float64
        Lane edges as drawn, edge defects included, in column-edge coordinates: pixel c spans [c, c + 1).
        They run on through the gaps of skip coating.
    patches : tuple of (float, float)
        Coated rows, first and one past the last in row-edge coordinates; all rows unless skip coated.
    look_alikes : tuple of Box
        What is no defect and should not be taken for one: dust on the lens, faint mottle.
    events : tuple of TrueDefect
        Splices.
    """

    defects: tuple[TrueDefect, ...]
    edges_px: NDArray[np.float64]
    patches: tuple[tuple[float, float], ...]
    look_alikes: tuple[Box, ...] = ()
    events: tuple[TrueDefect, ...] = ()
