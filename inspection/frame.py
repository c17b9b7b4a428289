"""A frame: a block of lines from one camera, and the sizes it may have.

Rows run down the web (machine direction), columns across it. Pixels stay what the
camera measured: 8-bit grey in uint8, 10 to 16-bit grey in uint16, never rescaled.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inspection.errors import FrameTooLarge, InconsistentFrame

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]

SMALLEST_SIDE_PX = 16
"""Below this a frame has no room for one screening tile and its surroundings."""


@dataclass(frozen=True)
class FrameLimits:
    """The largest frame that is accepted; checked before any memory is taken.

    Attributes
    ----------
    max_columns, max_rows : int
        Longest sides in pixels.
    max_pixels : int
        Largest area in pixels; guards against decompression bombs.
    """

    max_columns: int = 32_768
    max_rows: int = 16_384
    max_pixels: int = 64 * 1024 * 1024

    def check(self, columns: int, rows: int) -> None:
        """Raise unless a frame of this size may be taken in.

        Raises
        ------
        InconsistentFrame
            A side is too short to inspect.
        FrameTooLarge
            A side or the area is over the limit.
        """
        if columns < SMALLEST_SIDE_PX or rows < SMALLEST_SIDE_PX:
            raise InconsistentFrame(
                f"expected a frame of at least {SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX} pixels, "
                f"got {columns} wide x {rows} high: send more lines per frame"
            )
        if columns > self.max_columns or rows > self.max_rows or columns * rows > self.max_pixels:
            raise FrameTooLarge(
                f"expected at most {self.max_columns} x {self.max_rows} and {self.max_pixels} pixels in all, "
                f"got {columns} wide x {rows} high: send fewer lines per frame"
            )


DEFAULT_LIMITS = FrameLimits()
"""For callers without limits of their own."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One block of lines.

    Attributes
    ----------
    pixels : ndarray of shape (rows, columns), uint8 or uint16, read-only
        Grey levels as the camera gave them.
    bits : int
        Significant bits, 8 to 16. Sets full scale; never guessed from the values.
    """

    pixels: Pixels
    bits: int = 8

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype not in (np.uint8, np.uint16):
            raise InconsistentFrame(
                f"expected grey pixels of shape (rows, columns), uint8 or uint16, "
                f"got shape {self.pixels.shape} of {self.pixels.dtype}: convert colour to grey first"
            )
        room = 8 * self.pixels.itemsize
        if not 8 <= self.bits <= room:
            raise InconsistentFrame(f"expected 8 to {room} significant bits in {self.pixels.dtype}, got {self.bits}")
        self.pixels.flags.writeable = False

    @property
    def rows(self) -> int:
        """Lines in the frame."""
        rows: int = self.pixels.shape[0]
        return rows

    @property
    def columns(self) -> int:
        """Pixels in a line."""
        columns: int = self.pixels.shape[1]
        return columns

    @property
    def full_scale_gl(self) -> int:
        """The largest grey level the format can hold."""
        return (1 << self.bits) - 1
