"""Where things are: boxes in frame pixels, and the step from pixels to web millimetres.

Arrays are [row, column]; intervals are half-open. A point on the web is
(down_mm from the start of the roll, cross_mm from the operator side).
"""

import math
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from inspection.errors import InputError

Side: TypeAlias = Literal["top", "bottom"]


@dataclass(frozen=True, order=True)
class Box:
    """A rectangle in full-frame pixels; `bottom` and `right` are one past the last pixel."""

    top: int
    left: int
    bottom: int
    right: int

    def __post_init__(self) -> None:
        if self.bottom <= self.top or self.right <= self.left:
            raise InputError(f"expected a box with top < bottom and left < right, got {self}")

    @property
    def height(self) -> int:
        """Extent along the web in pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Extent across the web in pixels."""
        return self.right - self.left

    @property
    def centre(self) -> tuple[float, float]:
        """(row, column) of the middle, in pixel-edge coordinates: a 2 px box at 0 has its centre at 1."""
        return (self.top + self.bottom) / 2, (self.left + self.right) / 2

    def gap_to(self, other: Self) -> int:
        """Pixels between two boxes along the wider-apart axis; 0 when they touch or overlap."""
        down = max(self.top - other.bottom, other.top - self.bottom)
        cross = max(self.left - other.right, other.left - self.right)
        return max(down, cross, 0)

    def overlaps(self, other: Self) -> bool:
        """Whether the two share at least one pixel."""
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def union(self, other: Self) -> "Box":
        """The smallest box around both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def grown(self, margin: int, rows: int, columns: int) -> "Box":
        """The box with `margin` pixels more on every side, kept inside a rows x columns frame."""
        return Box(
            max(self.top - margin, 0),
            max(self.left - margin, 0),
            min(self.bottom + margin, rows),
            min(self.right + margin, columns),
        )

    def moved(self, down: int, cross: int) -> "Box":
        """The same box farther down and across."""
        return Box(self.top + down, self.left + cross, self.bottom + down, self.right + cross)

    @property
    def window(self) -> tuple[slice, slice]:
        """Slices that cut this box out of a [row, column] array, as a view."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class View:
    """What of the web a camera sees.

    Attributes
    ----------
    left_mm, right_mm : float
        Rims of its frames, from the operator side.
    side : {"top", "bottom"}
    """

    left_mm: float
    right_mm: float
    side: Side = "top"


@dataclass(frozen=True)
class Placement:
    """How one camera looks at the web: the step from its pixels to web millimetres.

    Attributes
    ----------
    mm_per_px_cross, mm_per_px_down : float
        Pixel size across and along the web.
    cross_offset_mm : float
        Web position of the frame's column 0 edge (of its last column's edge when mirrored).
    mirrored : bool
        Column 0 lies on the drive side, not on the operator side.
    side : {"top", "bottom"}
        Which face of the web the camera sees.
    """

    mm_per_px_cross: float = 0.05
    mm_per_px_down: float = 0.05
    cross_offset_mm: float = 0.0
    mirrored: bool = False
    side: Side = "top"

    def __post_init__(self) -> None:
        for name in ("mm_per_px_cross", "mm_per_px_down"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0005 <= value <= 10):
                raise InputError(f"expected {name} between 0.0005 and 10 mm, got {value}: give the pixel size in mm")
        if not math.isfinite(self.cross_offset_mm):
            raise InputError(f"expected cross_offset_mm to be a number, got {self.cross_offset_mm}")

    def cross_mm(self, column: float, columns: int) -> float:
        """Web position of a column edge coordinate in a frame `columns` wide."""
        from_operator = columns - column if self.mirrored else column
        return self.cross_offset_mm + from_operator * self.mm_per_px_cross

    def view(self, columns: int) -> View:
        """What a frame `columns` wide shows of the web."""
        left, right = sorted((self.cross_mm(0, columns), self.cross_mm(columns, columns)))
        return View(left, right, self.side)

    def down_mm(self, row: float, position_mm: float) -> float:
        """Web position of a row edge coordinate in a frame whose row 0 lies at `position_mm`."""
        return position_mm + row * self.mm_per_px_down
