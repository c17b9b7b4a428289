"""Ground and shape: what a defect is drawn on, and what drawing it gives."""

from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.synthetic.texture import LENS_PX, Texture

Over: TypeAlias = Literal["mean3", "pixel"]
"""What a noise sigma counts: means of 3x3 pixels, or single pixels."""

_DARKEST = 0.80
"""Nothing on coating is darker than this share less than the coating itself."""

_NOTHING_SHARE = 0.01

_OWN_SHARE = 0.25
"""Pixels belong to a defect beyond this share of its strongest deviation."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The surface around a defect.

    Attributes
    ----------
    surface : Texture
        What it lies on.
    foil : Texture
        What shows where coating is missing.
    mean3_sigma : float
        Noise of a 3x3 mean there, grain and sensor, as a share of full scale.
    room_px : tuple of int
        Rows and columns that a shape may take.
    """

    surface: Texture
    foil: Texture
    mean3_sigma: float
    room_px: tuple[int, int]

    @property
    def step(self) -> float:
        """How much brighter than the surface bare foil is."""
        return self.foil.level - self.surface.level

    def peak(self, rng: Generator, *, dark: bool = False) -> float:
        """Draw a strength as a share of full scale: mostly 12 to 60 sigma of a 3x3 mean, some down to 8."""
        faint = rng.random() < 0.1
        sigmas = rng.uniform(8, 12) if faint else np.exp(rng.uniform(np.log(12), np.log(60)))
        deepest = _DARKEST * self.surface.level
        size = float(sigmas) * self.mean3_sigma
        return max(-size, -deepest * rng.uniform(0.75, 1)) if dark else min(size, self.step * rng.uniform(0.8, 1))

    def size(self, rng: Generator, smallest: float, largest: float) -> float:
        """Draw a length in px, small ones more often, that leaves the room some space."""
        most = max(0.8 * min(self.room_px), 4.0)
        return float(np.exp(rng.uniform(np.log(min(smallest, most)), np.log(min(largest, most)))))


@dataclass(frozen=True, eq=False)
class Shape:
    """A drawn defect.

    Attributes
    ----------
    delta : ndarray of shape (rows, columns), float32
        Deviation from the surface's mean as the lens shows it, as a share of full scale.
    mask : ndarray of the same shape, bool
        Its own pixels.
    opacity : ndarray of the same shape, float32, optional
        How much of the surface's own texture it hides.
    """

    delta: NDArray[np.float32]
    mask: NDArray[np.bool_]
    opacity: NDArray[np.float32] | None = None

    @classmethod
    def seen(
        cls, delta: NDArray[np.float32], opacity: NDArray[np.float32] | None = None, share: float = _OWN_SHARE
    ) -> Self:
        """Show a sharply drawn deviation as the lens does."""
        blurred = through_lens(delta)
        mask = np.abs(blurred) > share * np.abs(blurred).max()
        return cls(blurred, mask, None if opacity is None else through_lens(opacity))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.delta.shape[0], self.delta.shape[1]

    @property
    def mean3_peak(self) -> float:
        """Largest deviation of a 3x3 mean."""
        return float(np.abs(cv2.blur(self.delta, (3, 3), borderType=cv2.BORDER_CONSTANT)).max())

    def times(self, factor: float) -> Self:
        """Make it stronger or fainter."""
        return replace(self, delta=self.delta * np.float32(factor))

    def cut(self, window: tuple[slice, slice]) -> Self:
        """Cut out a part of it."""
        opacity = None if self.opacity is None else self.opacity[window]
        return replace(self, delta=self.delta[window], mask=self.mask[window], opacity=opacity)

    def within(self, rows: int, columns: int) -> Self:
        """Keep the middle of it, where it is larger than that."""
        top, left = max(self.shape[0] - rows, 0) // 2, max(self.shape[1] - columns, 0) // 2
        return self.cut((slice(top, top + rows), slice(left, left + columns)))

    def trimmed(self) -> Self:
        """Without the rim that shows nothing of it."""
        size = np.abs(self.delta)
        left, top, width, height = cv2.boundingRect((size > _NOTHING_SHARE * size.max()).astype(np.uint8))
        return self.cut((slice(top, top + height), slice(left, left + width)))


def through_lens(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blurred as the camera sees it."""
    return np.asarray(cv2.GaussianBlur(values, (7, 7), LENS_PX), np.float32)
