"""Products: what an electrode looks like before anything goes wrong with it.

Grey is given as a share of full scale, so one product serves cameras of any depth.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.errors import InputError

NARROWEST_RIM_PX = 80
"""Bare foil at the frame's rims: 60 px stay in sight however far the web wanders."""

NARROWEST_GAP_PX = 84
"""Bare foil between lanes, less what the waviness of two edges may take of it."""

_NARROWEST_LANE_PX = 48


@dataclass(frozen=True)
class Product:
    """One product's looks.

    Attributes
    ----------
    name : str
    coating_gl, foil_gl : float
        Mean grey as a share of full scale, under a lamp of 1.
    grain_sigma : float
        Standard deviation of the coating's grain as seen, as a share of full scale.
    grain_px : float
        Gaussian radius of the grain before the lens softens it.
    roll_sigma : float
        Standard deviation of the coating's faint lines along the web, as a share of full scale.
    foil_sigma, foil_line_sigma : float
        The same for the foil: fine roughness, and rolling marks along the web.
    line_px : float
        Length of lines and rolling marks along the web.
    lanes : int
        1 to 6.
    rim_share, gap_share : float
        Bare foil at each rim and between lanes, as a share of the frame's columns.
    edge_blur_px : float
        Gaussian radius of a coating edge before the lens softens it.
    skip : tuple of float, optional
        Coated and bare length of skip coating in mm.
    mm_per_px : float
        Pixel size, across and along.
    defocus_px : float
        Gaussian radius by which the lens misses its focus.
    """

    name: str
    coating_gl: float
    foil_gl: float
    grain_sigma: float
    grain_px: float
    roll_sigma: float = 0.0004
    foil_sigma: float = 0.006
    foil_line_sigma: float = 0.010
    line_px: float = 60.0
    lanes: int = 2
    rim_share: float = 0.04
    gap_share: float = 0.035
    edge_blur_px: float = 1.1
    skip: tuple[float, float] | None = None
    mm_per_px: float = 0.05
    defocus_px: float = 0.0

    def lanes_px(self, columns: int) -> NDArray[np.float64]:
        """Left and right edges of the lanes in a frame that wide, shape (lanes, 2).

        Raises
        ------
        InputError
            The frame has no room for the lanes and the foil beside them.
        """
        rim = max(self.rim_share * columns, NARROWEST_RIM_PX) + 0.37
        gap = max(self.gap_share * columns, NARROWEST_GAP_PX) + 0.29
        lane = (columns - 2 * rim - (self.lanes - 1) * gap) / self.lanes
        if lane < _NARROWEST_LANE_PX:
            needed = 2 * rim + (self.lanes - 1) * gap + self.lanes * _NARROWEST_LANE_PX
            raise InputError(
                f"expected at least {int(needed) + 1} columns for {self.lanes} lanes of {self.name}, "
                f"got {columns}: draw a wider frame or a product of fewer lanes"
            )
        left = rim + np.arange(self.lanes) * (lane + gap)
        return np.stack([left, left + lane], axis=1)


_STYLES = (
    Product("graphite", 0.26, 0.62, grain_sigma=2.6 / 255, grain_px=0.7),
    Product("nmc", 0.20, 0.68, grain_sigma=2.0 / 255, grain_px=1.1, roll_sigma=0.0005, lanes=1),
    Product("lfp", 0.40, 0.72, grain_sigma=3.2 / 255, grain_px=0.5, foil_line_sigma=0.014, lanes=3),
    Product("graphite_skip", 0.27, 0.60, grain_sigma=2.8 / 255, grain_px=0.8, skip=(62.0, 14.0)),
)

_HELD_OUT_STYLES = (
    Product(
        "silicon_graphite", 0.32, 0.56, grain_sigma=3.8 / 255, grain_px=1.6, foil_line_sigma=0.006, lanes=4
    ),
    Product(
        "lmfp", 0.47, 0.80, grain_sigma=2.4 / 255, grain_px=0.4, roll_sigma=0.0006, foil_sigma=0.012,
        foil_line_sigma=0.003, line_px=40.0,
    ),
)  # fmt: skip

PRODUCTS = {product.name: product for product in _STYLES}
"""By name: to tune, train and show with."""

HELD_OUT = {product.name: product for product in _HELD_OUT_STYLES}
"""By name: never tuned on, never trained on; what a new customer would bring."""
