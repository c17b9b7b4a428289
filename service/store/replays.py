"""Records of a roll, read back as they were judged: what a dry run judges anew."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, func, literal, select

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box
from inspection.verdict import Verdict
from service.store.tables import defects, events, frames, roll_cameras

_AT_A_TIME = 2000
_SHOWN = (
    "id", "camera_id", "sequence", "position_mm", "length_mm", "rows", "columns", "bits", "received_at", "pixel_hash",
    "verdict", "reasons",
)  # fmt: skip
_SEQUENCE = _SHOWN.index("sequence")
_FINDING = (
    "kind", "probability", "lane", "x", "y", "width", "height", "down_mm", "cross_mm", "length_mm", "width_mm",
    "area_mm2", "contrast_sigma",
)  # fmt: skip
"""Columns of what was found, in the order in which `_finding` reads them."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Where a lane lay, as the frame's answer tells it."""

    left_mm: float
    right_mm: float


@dataclass(frozen=True, slots=True)
class FrameRead:
    """A frame's record as it is kept; see the table `frames`.

    Attributes
    ----------
    defects : tuple of Defect
    events : tuple of Finding
    answer : bytes
        Empty where nothing was found, or nobody asked for answers.
    """

    id: int
    camera_id: str
    sequence: int
    position_mm: float
    length_mm: float
    rows: int
    columns: int
    bits: int
    received_at: str
    pixel_hash: bytes
    verdict: Verdict
    reasons: tuple[str, ...]
    defects: tuple[Defect, ...]
    events: tuple[Finding, ...]
    answer: bytes

    def lanes(self) -> tuple[Strip, ...]:
        """Where lanes lay, as far as the answer is there."""
        told = json.loads(self.answer)["lanes"] if self.answer else ()
        return tuple(Strip(lane["left_mm"], lane["right_mm"]) for lane in told)


def frame_count(connection: Connection, roll_id: str) -> int:
    """Count the frames of a roll."""
    question = select(func.count()).select_from(frames).where(frames.c.camera_id.in_(_cameras(roll_id)))
    return connection.scalar(question.where(frames.c.roll_id == roll_id)) or 0


def frames_read(
    connection: Connection, roll_id: str, camera_id: str, *, answers: bool, scores: bool
) -> Iterator[FrameRead]:
    """Walk the frames of a camera on a roll in the order of their numbers, a few at a time.

    Parameters
    ----------
    connection : Connection
    roll_id, camera_id : str
    answers : bool
        Read what was answered, for the lanes.
    scores : bool
        Read how unlike clean web findings were, which answers alone tell; else that is not told.
    """
    of_roll = frames.c.camera_id == camera_id, frames.c.roll_id == roll_id
    answer = frames.c.answer if answers or scores else literal(b"")
    shown = (*(frames.c[name] for name in _SHOWN), answer)
    streaming = connection.execution_options(yield_per=_AT_A_TIME)
    rows = streaming.execute(select(*shown).where(*of_roll).order_by(frames.c.sequence))
    found, seen = (_Found(connection, table, roll_id, camera_id) for table in (defects, events))
    for row in rows:
        sequence = row[_SEQUENCE]
        yield _frame(row, found.of(sequence), seen.of(sequence), scores=scores)


class _Found:
    """What was found by a camera on a roll, read beside its frames: both in the order of their numbers."""

    def __init__(self, connection: Connection, table: Table, roll_id: str, camera_id: str) -> None:
        of_roll = frames.c.camera_id == camera_id, frames.c.roll_id == roll_id
        judged = (table.c.severity, table.c.needs_review) if table is defects else ()
        shown = (frames.c.sequence, *(table.c[name] for name in _FINDING), *judged)
        question = select(*shown).join(table, table.c.frame == frames.c.id).where(*of_roll)
        question = question.order_by(frames.c.sequence, table.c.number)
        rows = connection.execution_options(yield_per=_AT_A_TIME).execute(question)
        self._groups = groupby(rows, key=itemgetter(0))
        self._waiting = next(self._groups, None)

    def of(self, sequence: int) -> Sequence[Sequence[Any]]:
        """Return what was found in a frame; frames are asked for in the order of their numbers."""
        if self._waiting is None or self._waiting[0] != sequence:
            return ()
        found = list(self._waiting[1])
        self._waiting = next(self._groups, None)
        return found


def _cameras(roll_id: str) -> Any:
    """The index of frames begins with the camera."""
    return select(roll_cameras.c.camera_id).where(roll_cameras.c.roll_id == roll_id)


def _frame(
    row: Sequence[Any], found: Sequence[Sequence[Any]], seen: Sequence[Sequence[Any]], *, scores: bool
) -> FrameRead:
    *_, verdict, reasons, answer = row
    told = dict(zip(_SHOWN, row, strict=False)) | {"verdict": Verdict(verdict), "reasons": _reasons(reasons)}
    unlike = iter(_scores(answer) if scores and (found or seen) else repeat(None))
    return FrameRead(
        **told,
        # Defects first, as they stand in the answer.
        defects=tuple([_defect(each, next(unlike)) for each in found]),
        events=tuple([_finding(each, next(unlike)) for each in seen]),
        answer=answer if found or seen else b"",
    )


def _reasons(told: str) -> tuple[str, ...]:
    return () if told == "[]" else tuple(json.loads(told))


def _scores(answer: bytes) -> list[float | None]:
    told = json.loads(answer)
    return [each["unlike_product"] for name in ("defects", "events") for each in told[name]]


def _defect(row: Sequence[Any], unlike_product: float | None) -> Defect:
    return Defect(_finding(row, unlike_product), Severity(row[-2]), bool(row[-1]))


def _finding(row: Sequence[Any], unlike_product: float | None) -> Finding:
    _, kind, probability, lane, x, y, width, height, down_mm, cross_mm, length_mm, width_mm, area_mm2, sigma, *_ = row
    box = Box(y, x, y + height, x + width)
    # By place: names would take a fifth of the time of reading a bad roll.
    return Finding(
        Kind(kind), probability, lane, box, down_mm, cross_mm, length_mm, width_mm, area_mm2, sigma, unlike_product
    )
