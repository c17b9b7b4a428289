"""Pieces: a frame's defects in web millimetres, as far as that frame shows them.

In:  a frame's record, and where the frame comes from.
Out: a piece for each defect, in the record's order; and the splices that the frame shows.
"""

from dataclasses import dataclass
from typing import NamedTuple

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Side, View
from inspection.record import FrameRecord
from inspection.roll.web_defect import PieceId

_RIM_PX = 20
"""What the seam cuts ends at most this far from it: where it is narrow or faint there, its last lines are not seen."""

_LINE_MM = 5.0
_LINE_RATIO = 8.0
"""Whatever its name, a thing this long, and this much longer along the web than across, is a line."""

_SPLICE_SHARE = 0.5

_ISLANDS = frozenset({Kind.DELAMINATION, Kind.CRACK, Kind.SCRATCH, Kind.STAIN})


@dataclass(frozen=True)
class Origin:
    """The frame that pieces are of.

    Attributes
    ----------
    number : int
        The frame's own among all frames.
    camera_id : str
    view : View
    rows : int
    received_at : str
        UTC, RFC 3339.
    """

    number: int
    camera_id: str
    view: View
    rows: int
    received_at: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A defect as one frame tells it.

    Attributes
    ----------
    identity : tuple of (int, int)
        The frame's number, and the defect's in its record from 1.
    camera_id : str
    side : {"top", "bottom"}
    kind, probability, severity, needs_review, lane, area_mm2, contrast_sigma
        As in the frame's record.
    from_mm, to_mm : float
        Extent along the web, from the start of the roll.
    left_mm, right_mm : float
        Extent across the web, from the operator side.
    found_at : str
        When its frame was received.
    at_top, at_bottom : bool
        It reaches the frame's first or last line.
    joinable : bool
        More of it may be told elsewhere, by this frame or by others.
    """

    identity: PieceId
    camera_id: str
    side: Side
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
    found_at: str
    at_top: bool
    at_bottom: bool
    joinable: bool

    @property
    def down_mm(self) -> float:
        """Middle, along the web."""
        return (self.from_mm + self.to_mm) / 2

    @property
    def comes_in_islands(self) -> bool:
        """Whether it is of a kind that a frame often tells in several pieces."""
        return self.kind in _ISLANDS

    @property
    def is_line(self) -> bool:
        """Whether it is a streak, or goes along the web like one."""
        return _is_line(self.kind, self.to_mm - self.from_mm, self.right_mm - self.left_mm)


class Splice(NamedTuple):
    """Where one frame shows a splice, along the web."""

    from_mm: float
    to_mm: float

    @property
    def down_mm(self) -> float:
        """Middle, along the web."""
        return (self.from_mm + self.to_mm) / 2


def pieces_of(record: FrameRecord, origin: Origin, overlap_mm: float) -> list[Piece]:
    """Tell a frame's defects in web millimetres, in the record's order.

    Parameters
    ----------
    record : FrameRecord
    origin : Origin
    overlap_mm : float
        How far another camera may see into this one's view, from either rim.
    """
    return [_piece(defect, number, origin, overlap_mm) for number, defect in enumerate(record.defects, 1)]


def splices_of(record: FrameRecord, view: View) -> list[Splice]:
    """List the splices that a frame shows, of those that part the web; a narrow thing is none, whatever its name.

    Parameters
    ----------
    record : FrameRecord
    view : View
        What the frame shows across the web.
    """
    return [splice_at(event) for event in record.events if parts_the_web(event, view)]


def parts_the_web(event: Finding, view: View) -> bool:
    """Whether an event is a splice over most of what the camera sees."""
    return event.kind is Kind.SPLICE and event.width_mm >= _SPLICE_SHARE * (view.right_mm - view.left_mm)


def splice_at(event: Finding) -> Splice:
    """Where an event begins and ends along the web."""
    return Splice(event.down_mm - event.length_mm / 2, event.down_mm + event.length_mm / 2)


def _piece(defect: Defect, number: int, origin: Origin, overlap_mm: float) -> Piece:
    finding, view = defect.finding, origin.view
    left_mm, right_mm = finding.cross_mm - finding.width_mm / 2, finding.cross_mm + finding.width_mm / 2
    at_top, at_bottom = finding.box.top <= _RIM_PX, finding.box.bottom >= origin.rows - _RIM_PX
    # Whether another camera sees it too is known only when that one's first frame comes: any place near a rim may be.
    at_side = min(left_mm - view.left_mm, view.right_mm - right_mm) < overlap_mm
    apart = (
        finding.kind in _ISLANDS
        or finding.kind is Kind.UNKNOWN
        or _is_line(finding.kind, finding.length_mm, finding.width_mm)
    )
    return Piece(
        identity=(origin.number, number),
        camera_id=origin.camera_id,
        side=view.side,
        kind=finding.kind,
        probability=finding.probability,
        severity=defect.severity,
        needs_review=defect.needs_review,
        lane=finding.lane,
        from_mm=finding.down_mm - finding.length_mm / 2,
        to_mm=finding.down_mm + finding.length_mm / 2,
        left_mm=left_mm,
        right_mm=right_mm,
        area_mm2=finding.area_mm2,
        contrast_sigma=finding.contrast_sigma,
        found_at=origin.received_at,
        at_top=at_top,
        at_bottom=at_bottom,
        joinable=at_top or at_bottom or at_side or apart,
    )


def _is_line(kind: Kind, length_mm: float, width_mm: float) -> bool:
    # A ragged edge is long and thin as well, but where it ends the next one is another.
    thin = length_mm >= _LINE_MM and length_mm >= _LINE_RATIO * width_mm
    return kind is Kind.STREAK or (thin and kind is not Kind.EDGE_DEFECT)
