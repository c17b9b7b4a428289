"""Course: where the lanes run, row by row of the whole web.

Rows count from the start of the web and never end; a frame is a stretch of them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr

from inspection.synthetic.product import Product
from inspection.synthetic.texture import LENS_PX

WANDER_PX = 6.0
"""How far the web wanders to either side."""

_WANDER_ROWS = (620_000.0, 190_000.0, 71_000.0)
_WANDER_SHARES = (0.6, 0.3, 0.1)
_WAVES = 4
_PIXEL_VARIANCE = 1 / 12
"""A pixel averages over its own width: to an edge that is a little more blur."""


@dataclass(frozen=True, eq=False)
class Course:
    """The lanes' course.

    Attributes
    ----------
    lanes_px : ndarray of shape (lanes, 2), float64
        Edges of a web that runs straight.
    blur_px : float
        Gaussian radius of an edge as the camera sees it.
    skip_px : tuple of float, optional
        Coated and bare rows of skip coating.
    phases : ndarray of shape (3,)
        Of the wandering, in turns; the first also places the patches.
    waves : ndarray of shape (3, waves, lanes, 2)
        Amplitude in px, length in rows and phase of each edge's waviness.
    """

    lanes_px: NDArray[np.float64]
    blur_px: float
    skip_px: tuple[float, float] | None
    phases: NDArray[np.float64]
    waves: NDArray[np.float64]

    @classmethod
    def of(cls, product: Product, columns: int, rng: Generator) -> Self:
        """Lay a course for one web."""
        lanes = product.lanes_px(columns)
        shape = (_WAVES, *lanes.shape)
        waves = np.stack(
            [
                rng.uniform(0.03, 0.12, shape),
                np.exp(rng.uniform(np.log(700), np.log(9000), shape)),
                rng.uniform(size=shape),
            ]
        )
        blur = float(np.sqrt(product.edge_blur_px**2 + LENS_PX**2 + _PIXEL_VARIANCE))
        skip = None if product.skip is None else tuple(mm / product.mm_per_px for mm in product.skip)
        return cls(lanes, blur, (skip[0], skip[1]) if skip else None, rng.uniform(size=3), waves)

    def wander_px(self, rows: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Sideways place of the web at those rows."""
        turns = np.asarray(rows, np.float64)[..., None] / _WANDER_ROWS + self.phases
        return np.asarray(WANDER_PX * (np.sin(2 * np.pi * turns) @ np.array(_WANDER_SHARES)))

    def edges_px(self, first_row: int, rows: int) -> NDArray[np.float64]:
        """Lane edges at the middle of each row, shape (lanes, 2, rows)."""
        along = first_row + np.arange(rows, dtype=np.float64) + 0.5
        amplitude, length, phase = self.waves[..., None]
        waviness = (amplitude * np.sin(2 * np.pi * (along / length + phase))).sum(axis=0)
        return np.asarray(self.lanes_px[..., None] + self.wander_px(along) + waviness)

    def patches(self, first_row: int, rows: int) -> tuple[tuple[float, float], ...]:
        """Coated rows of that stretch, counted from its first row."""
        if self.skip_px is None:
            return ((0.0, float(rows)),)
        coated, bare = self.skip_px
        pitch = coated + bare
        first = np.floor((first_row - coated) / pitch - self.phases[0])
        starts = [(first + n + self.phases[0]) * pitch - first_row for n in range(int(rows / pitch) + 3)]
        clipped = [(max(start, 0.0), min(start + coated, float(rows))) for start in starts]
        return tuple((float(start), float(end)) for start, end in clipped if end > start)

    def row_cover(self, first_row: int, rows: int) -> NDArray[np.float32] | None:
        """Share of each row that lies within a patch, blurred; None where all is coated."""
        if self.skip_px is None:
            return None
        margin = 16
        middle = np.arange(rows) + margin + 0.5
        cover = np.zeros(rows)
        for start, end in self.patches(first_row - margin, rows + 2 * margin):
            at_top = 1.0 if start <= 0 else ndtr((middle - start) / self.blur_px)
            at_bottom = 1.0 if end >= rows + 2 * margin else ndtr((end - middle) / self.blur_px)
            cover += at_top * at_bottom
        return cover.astype(np.float32)


def cover(edges: NDArray[np.float64], left: int, right: int, blur_px: float) -> NDArray[np.float32]:
    """Share of each pixel right of an edge, shape (rows, right - left); `edges` by row."""
    middle = np.arange(left, right) + 0.5
    return np.asarray(ndtr((middle - edges[:, None]) / blur_px), np.float32)
