"""Joining: which pieces are one thing.

In:  two pieces of a roll, and its splices.
Out: whether they belong together, and whether one of them shows what the other shows too.

Told of each pair by itself, so that nothing depends on the order in which frames come: the defects of the web are
the connected components of this relation. Nothing is joined across a splice.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from inspection.defect import Kind
from inspection.roll.pieces import Piece


@dataclass(frozen=True)
class JoiningSettings:
    """What belongs together.

    Attributes
    ----------
    touch_mm : float
        Pieces that reach a seam from both sides are one thing when they are no farther apart than this.
    islands_mm : float
        Delaminations, cracks, scratches and stains break up: islands of one kind, or that nobody could name, are one
        thing when they are no farther apart than this.
    bridge_mm : float
        Lines along the web are one line when no more than this is missing between them: faint streaks are not seen
        in every frame.
    drift_mm : float
        How far the flanks of such lines may lie apart across the web, which wanders, beside half their width. A frame
        that tells two streaks as one wide thing joins neither of them.
    twice_mm : float
        How far apart two cameras may place the same thing.
    overlap_mm : float
        How far the view of one camera may reach into its neighbour's; what lies so near a rim waits to be joined.
    """

    touch_mm: Annotated[float, Interval(ge=0, le=20)] = 1.0
    islands_mm: Annotated[float, Interval(ge=0, le=20)] = 2.0
    bridge_mm: Annotated[float, Interval(ge=0, le=2000)] = 160.0
    drift_mm: Annotated[float, Interval(ge=0, le=20)] = 0.5
    twice_mm: Annotated[float, Interval(ge=0, le=20)] = 1.0
    overlap_mm: Annotated[float, Interval(ge=0, le=1000)] = 40.0

    def reach_mm(self, piece: Piece) -> float:
        """How far along the web something that belongs to a piece may be."""
        return max(self.aside_mm, self.bridge_mm if piece.is_line else 0.0)

    @property
    def aside_mm(self) -> float:
        """How far across the web something that belongs to a piece may be."""
        return max(self.touch_mm, self.islands_mm, self.drift_mm, self.twice_mm)


def belong_together(one: Piece, other: Piece, splices: Sequence[float], settings: JoiningSettings) -> bool:
    """Whether two pieces are of one thing.

    Parameters
    ----------
    one, other : Piece
    splices : sequence of float
        Middles of the roll's splices along the web in mm, ascending.
    settings : JoiningSettings
    """
    if one.side != other.side or not any(relate(one, other, settings) for relate in _RELATIONS):
        return False
    return not _are_parted(one, other, splices)


def is_same_place(one: Piece, other: Piece, settings: JoiningSettings) -> bool:
    """Whether two cameras show the same place of one side, so that its area counts once."""
    if one.camera_id == other.camera_id or max(_apart(one, other)) > settings.twice_mm:
        return False
    return _go_together(one, other, settings.twice_mm)


def repeats(one: Piece, other: Piece) -> bool:
    """Whether the first of two pieces that show the same place is the one whose area does not count.

    The smaller one; of lines, where neither camera shows all, those of one camera throughout.
    """
    if one.is_line and other.is_line:
        return one.camera_id > other.camera_id
    return (one.area_mm2, one.identity) < (other.area_mm2, other.identity)


def _is_one_line(one: Piece, other: Piece, settings: JoiningSettings) -> bool:
    along_mm, _ = _apart(one, other)
    return one.is_line and other.is_line and along_mm <= settings.bridge_mm and _alike(one, other, settings.drift_mm)


def _cross_a_seam(one: Piece, other: Piece, settings: JoiningSettings) -> bool:
    if one.camera_id != other.camera_id or one.identity[0] == other.identity[0]:
        return False
    before, after = (one, other) if one.down_mm <= other.down_mm else (other, one)
    _, across_mm = _apart(one, other)
    meet = abs(after.from_mm - before.to_mm) <= settings.touch_mm and across_mm <= settings.touch_mm
    return before.at_bottom and after.at_top and meet and _go_together(one, other, settings.drift_mm)


def _are_islands(one: Piece, other: Piece, settings: JoiningSettings) -> bool:
    named = [piece for piece in (one, other) if piece.kind is not Kind.UNKNOWN]
    alike = bool(named) and named[0].comes_in_islands and named[0].kind is named[-1].kind
    return alike and one.camera_id == other.camera_id and max(_apart(one, other)) <= settings.islands_mm


_RELATIONS = is_same_place, _is_one_line, _cross_a_seam, _are_islands


def _go_together(one: Piece, other: Piece, within_mm: float) -> bool:
    """Whether a streak goes on as what is as wide as it, so that it is not lost in everything beside it."""
    return Kind.STREAK not in (one.kind, other.kind) or _alike(one, other, within_mm)


def _alike(one: Piece, other: Piece, within_mm: float) -> bool:
    """Whether both flanks lie at the same place across the web."""
    narrower_mm = min(one.right_mm - one.left_mm, other.right_mm - other.left_mm)
    apart_mm = max(abs(one.left_mm - other.left_mm), abs(one.right_mm - other.right_mm))
    return apart_mm <= within_mm + narrower_mm / 2


def _apart(one: Piece, other: Piece) -> tuple[float, float]:
    """Distance along and across the web; below 0 where the extents overlap."""
    return (
        max(one.from_mm - other.to_mm, other.from_mm - one.to_mm),
        max(one.left_mm - other.right_mm, other.left_mm - one.right_mm),
    )


def _are_parted(one: Piece, other: Piece, splices: Sequence[float]) -> bool:
    """Whether the middle of a splice lies between their middles."""
    first, last = sorted((one.down_mm, other.down_mm))
    return bisect_left(splices, first) != bisect_left(splices, last)
