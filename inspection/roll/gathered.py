"""Gathered: what pieces that belong together are as one defect, kept up to date piece by piece."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

from inspection.defect import Severity
from inspection.limits import Measure
from inspection.roll.pieces import Piece
from inspection.roll.web_defect import PieceId, WebDefect
from inspection.verdict import VerdictSettings, severity_by_extent, worse_severity


@dataclass(frozen=True, slots=True)
class Gathered:
    """Sums and extremes over pieces; which of them came first makes no difference.

    Attributes
    ----------
    identity : tuple of (int, int)
        The smallest.
    largest : Piece
        By area, then by identity.
    worst : Severity
    needs_review : bool
    from_mm, to_mm, left_mm, right_mm, area_mm2 : float
        As in `WebDefect`.
    pieces : int
    found_at : str
        The earliest.
    """

    identity: PieceId
    largest: Piece
    worst: Severity
    needs_review: bool
    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float
    area_mm2: float
    pieces: int
    found_at: str

    @classmethod
    def of(cls, piece: Piece) -> Self:
        """Begin with one piece."""
        return cls(
            identity=piece.identity,
            largest=piece,
            worst=piece.severity,
            needs_review=piece.needs_review,
            from_mm=piece.from_mm,
            to_mm=piece.to_mm,
            left_mm=piece.left_mm,
            right_mm=piece.right_mm,
            area_mm2=piece.area_mm2,
            pieces=1,
            found_at=piece.found_at,
        )

    def plus(self, other: Self) -> Self:
        """Put two lots of pieces together."""
        return type(self)(
            identity=min(self.identity, other.identity),
            largest=max(self.largest, other.largest, key=_size),
            worst=worse_severity(self.worst, other.worst),
            needs_review=self.needs_review or other.needs_review,
            from_mm=min(self.from_mm, other.from_mm),
            to_mm=max(self.to_mm, other.to_mm),
            left_mm=min(self.left_mm, other.left_mm),
            right_mm=max(self.right_mm, other.right_mm),
            area_mm2=self.area_mm2 + other.area_mm2,
            pieces=self.pieces + other.pieces,
            found_at=min(self.found_at, other.found_at),
        )

    def without_area_of(self, piece: Piece) -> Self:
        """Leave out the area of a piece whose place another one shows too."""
        return replace(self, area_mm2=self.area_mm2 - piece.area_mm2)

    def judged_as(self, judged: Iterable[tuple[Severity, bool]]) -> Self:
        """The same with its pieces' severities, and whether they need a review, told anew."""
        severities, doubts = zip(*judged, strict=True)
        return replace(self, worst=reduce(worse_severity, severities), needs_review=any(doubts))

    def defect(self, settings: VerdictSettings) -> WebDefect:
        """Tell it as a defect of the web, as bad as its whole extent makes it."""
        largest = self.largest
        severity = self._severity(settings)
        return WebDefect(
            identity=self.identity,
            kind=largest.kind,
            probability=largest.probability,
            severity=severity,
            needs_review=self.needs_review or severity is Severity.CRITICAL,
            lane=largest.lane,
            from_mm=self.from_mm,
            to_mm=self.to_mm,
            left_mm=self.left_mm,
            right_mm=self.right_mm,
            area_mm2=self.area_mm2,
            contrast_sigma=largest.contrast_sigma,
            pieces=self.pieces,
            camera_id=largest.camera_id,
            found_at=self.found_at,
        )

    def _severity(self, settings: VerdictSettings) -> Severity:
        extent: dict[Measure, float] = {
            "area_mm2": self.area_mm2,
            "length_mm": self.to_mm - self.from_mm,
            "width_mm": self.right_mm - self.left_mm,
        }
        return worse_severity(self.worst, severity_by_extent(self.largest.kind, extent, settings))


def alone(piece: Piece, settings: VerdictSettings) -> WebDefect:
    """Tell a piece that nothing belongs to as a defect of the web."""
    return Gathered.of(piece).defect(settings)


def _size(piece: Piece) -> tuple[float, PieceId]:
    return piece.area_mm2, piece.identity
