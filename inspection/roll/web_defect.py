"""A defect of the web: counted once, however many frames and cameras saw a piece of it."""

from dataclasses import dataclass
from typing import TypeAlias

from inspection.defect import Kind, Severity

PieceId: TypeAlias = tuple[int, int]
"""A defect as a frame told it: the frame's number, and the defect's in that frame from 1."""


@dataclass(frozen=True)
class WebDefect:
    """One defect of the web.

    Attributes
    ----------
    identity : tuple of (int, int)
        The smallest of its pieces'.
    kind : Kind
        That of its largest piece.
    probability : float
        Of that name.
    severity : Severity
        By its whole extent; never less than that of a piece.
    needs_review : bool
    lane : int or None
        Of its largest piece; None on bare foil.
    from_mm, to_mm : float
        Extent along the web, from the start of the roll.
    left_mm, right_mm : float
        Extent across the web, from the operator side.
    area_mm2 : float
        Of its own pixels; what two cameras both saw counts once.
    contrast_sigma : float
        Of its largest piece.
    pieces : int
        Frames' defects that it was joined from.
    camera_id : str
        Of its largest piece.
    found_at : str
        When its first piece was received.
    """

    identity: PieceId
    kind: Kind
    probability: float
    severity: Severity
    needs_review: bool
    lane: int | None
    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float
    area_mm2: float
    contrast_sigma: float
    pieces: int
    camera_id: str
    found_at: str

    @property
    def length_mm(self) -> float:
        """Extent along the web."""
        return self.to_mm - self.from_mm

    @property
    def width_mm(self) -> float:
        """Extent across the web."""
        return self.right_mm - self.left_mm

    @property
    def down_mm(self) -> float:
        """Middle, along the web."""
        return (self.from_mm + self.to_mm) / 2

    @property
    def cross_mm(self) -> float:
        """Middle, across the web."""
        return (self.left_mm + self.right_mm) / 2
