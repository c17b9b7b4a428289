"""Rendering: a frame and its record in, a colour picture for people out.

A strip above the frame tells the verdict in words and its worst reasons; on the frame stand the
lane edges and a box around every defect and event, with its name beside it. Colour repeats what
the words say and never stands alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.defect import Severity
from inspection.frame import Frame
from inspection.geometry import Box, Placement
from inspection.record import FrameRecord
from inspection.verdict import Verdict

Colour: TypeAlias = tuple[int, int, int]
"""Blue, green, red."""

_SEVERITY_COLOURS: dict[Severity, Colour] = {
    Severity.MINOR: (60, 220, 250),
    Severity.MAJOR: (30, 140, 255),
    Severity.CRITICAL: (70, 70, 255),
}
_VERDICT_COLOURS: dict[Verdict, Colour] = {
    Verdict.PASS: (60, 120, 30),
    Verdict.WARN: (0, 110, 160),
    Verdict.REJECT: (40, 30, 170),
    Verdict.HOLD: (130, 40, 110),
}
_VERDICT_WORDS = {
    Verdict.PASS: "PASS",
    Verdict.WARN: "WARN",
    Verdict.REJECT: "REJECT",
    Verdict.HOLD: "HOLD, could not be judged",
}
_EVENT: Colour = (230, 200, 60)
_LANE: Colour = (110, 200, 110)
_WHITE: Colour = (255, 255, 255)

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MOST_REASONS = 3


@dataclass(frozen=True)
class _Pen:
    """Sizes that stay legible when the whole frame fills a screen."""

    scale: float
    line_px: int
    text_px: int

    @property
    def row_px(self) -> int:
        """Height of a line of text with room around it."""
        return round(1.7 * self.text_px)


@dataclass(frozen=True)
class _Mark:
    """What is drawn for one finding."""

    box: Box
    colour: Colour
    label: str


def overlay(frame: Frame, record: FrameRecord, placement: Placement | None = None) -> NDArray[np.uint8]:
    """Draw what was found into a frame.

    Parameters
    ----------
    frame : Frame
        The one inspected.
    record : FrameRecord
        Its outcome.
    placement : Placement, optional
        The one it was inspected with: takes the lanes' millimetres back to columns.

    Returns
    -------
    ndarray of shape (strip + rows, columns, 3), uint8
        Blue, green, red. Defect pixels stay uncovered.
    """
    pen = _pen_for(frame.columns)
    picture = _eight_bit_colour(frame)
    _draw_lanes(picture, record, placement or Placement())
    _draw_marks(picture, list(_marks(record)), pen)
    return np.concatenate([_strip(record, frame.columns, pen), picture])


def _pen_for(columns: int) -> _Pen:
    scale = float(np.clip(columns / 2800, 0.4, 3.0))
    (_, text_px), _ = cv2.getTextSize("Xg", _FONT, scale, 1)
    return _Pen(scale, max(1, round(1.4 * scale)), max(text_px, 6))


def _eight_bit_colour(frame: Frame) -> NDArray[np.uint8]:
    grey = (frame.pixels >> (frame.bits - 8)).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _draw_lanes(picture: NDArray[np.uint8], record: FrameRecord, placement: Placement) -> None:
    """One column thin, at each edge's mean place."""
    columns = picture.shape[1]
    for lane in record.lanes:
        for edge_mm in (lane.left_mm, lane.right_mm):
            from_operator = (edge_mm - placement.cross_offset_mm) / placement.mm_per_px_cross
            column = round(columns - from_operator if placement.mirrored else from_operator)
            if 0 < column < columns:
                picture[:, column] = _LANE


def _marks(record: FrameRecord) -> Iterator[_Mark]:
    """Worst first: where labels crowd, the worst keep theirs."""
    ranks = list(Severity)
    for defect in sorted(record.defects, key=lambda defect: ranks.index(defect.severity), reverse=True):
        finding = defect.finding
        label = f"{finding.kind} {finding.probability:.0%} {defect.severity}"
        yield _Mark(finding.box, _SEVERITY_COLOURS[defect.severity], label)
    for event in record.events:
        yield _Mark(event.box, _EVENT, f"{event.kind} {event.probability:.0%} event")


def _draw_marks(picture: NDArray[np.uint8], marks: list[_Mark], pen: _Pen) -> None:
    """Draw all boxes, then labels that cover no other label and, if possible, no box."""
    rows, columns = picture.shape[:2]
    boxes = [mark.box.grown(3 + pen.line_px, rows, columns) for mark in marks]
    for mark, box in zip(marks, boxes, strict=True):
        corners = (box.left, box.top), (box.right - 1, box.bottom - 1)
        cv2.rectangle(picture, *corners, mark.colour, pen.line_px, cv2.LINE_8)
    taken: list[Box] = []
    for mark, box in zip(marks, boxes, strict=True):
        others = [other for other in boxes if other is not box]
        places = _free(_label_places(mark.label, box, (rows, columns), pen), taken)
        for place in (*_free(places, others), *places)[:1]:
            taken.append(place)
            _draw_label(picture, mark, place, pen)


def _free(places: Iterable[Box], taken: list[Box]) -> list[Box]:
    return [place for place in places if not any(place.overlaps(other) for other in taken)]


def _label_places(label: str, box: Box, shape: tuple[int, int], pen: _Pen) -> Iterator[Box]:
    """Above, below, and inside the top of a tall box, as far as the frame has room."""
    (width, _), _ = cv2.getTextSize(label, _FONT, pen.scale, pen.line_px)
    width, height = width + pen.text_px // 2, pen.row_px
    left = max(min(box.left, shape[1] - width), 0)
    inside = box.top if box.height > 4 * height else None
    for top in (box.top - height, box.bottom, inside):
        if top is not None and 0 <= top <= shape[0] - height:
            yield Box(top, left, top + height, left + width)


def _draw_label(picture: NDArray[np.uint8], mark: _Mark, place: Box, pen: _Pen) -> None:
    picture[place.window] //= 4
    _write(picture, mark.label, (place.top, place.left + pen.text_px // 4), mark.colour, pen)


def _strip(record: FrameRecord, columns: int, pen: _Pen) -> NDArray[np.uint8]:
    """Write the verdict and its reasons into a strip of their own."""
    lines = list(_words(record))
    strip = np.full(
        (pen.row_px * len(lines) + pen.text_px // 2, columns, 3), _VERDICT_COLOURS[record.verdict], np.uint8
    )
    for number, line in enumerate(lines):
        _write(strip, line, (number * pen.row_px + pen.text_px // 4, pen.text_px // 2), _WHITE, pen)
    return strip


def _words(record: FrameRecord) -> Iterator[str]:
    found = f"{len(record.defects)} defect{'' if len(record.defects) == 1 else 's'}"
    yield f"{_VERDICT_WORDS[record.verdict]}   {found}"
    yield from record.reasons[:_MOST_REASONS]
    if (more := len(record.reasons) - _MOST_REASONS) > 0:
        yield f"and {more} more reason{'' if more == 1 else 's'}"


def _write(picture: NDArray[np.uint8], text: str, corner: tuple[int, int], colour: Colour, pen: _Pen) -> None:
    """Write one line; `corner` is the (row, column) of its upper left, OpenCV's is the baseline."""
    # The font knows ASCII alone.
    plain = text.encode("ascii", "replace").decode()
    baseline = (corner[1], corner[0] + round(1.3 * pen.text_px))
    cv2.putText(picture, plain, baseline, _FONT, pen.scale, colour, pen.line_px, cv2.LINE_AA)
