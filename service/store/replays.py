"""Records of a roll, read back as they were judged: what a dry run judges anew."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box
from inspection.verdict import Verdict
from service.store.tables import defects, events, frames, roll_cameras

_AT_A_TIME = 2000
_SHOWN = (
    "id", "camera_id", "sequence", "position_mm", "length_mm", "rows", "columns", "bits", "received_at", "pixel_hash",
    "verdict", "reasons",
)  # fmt: skip


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
    lanes : tuple of Strip
        Empty where nothing was found: nobody asks for them then.
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
    lanes: tuple[Strip, ...]


def frame_count(connection: Connection, roll_id: str) -> int:
    """Count the frames of a roll."""
    question = select(func.count()).select_from(frames).where(frames.c.camera_id.in_(_cameras(roll_id)))
    return connection.scalar(question.where(frames.c.roll_id == roll_id)) or 0


def frames_read(connection: Connection, roll_id: str, camera_id: str) -> Iterator[FrameRead]:
    """Walk the frames of a camera on a roll in the order of their numbers, a few at a time."""
    of_roll = frames.c.camera_id == camera_id, frames.c.roll_id == roll_id
    shown = (*(frames.c[name] for name in _SHOWN), frames.c.answer)
    streaming = connection.execution_options(yield_per=_AT_A_TIME)
    rows = streaming.execute(select(*shown).where(*of_roll).order_by(frames.c.sequence))
    found = {table: _Found(connection, table, roll_id, camera_id) for table in (defects, events)}
    for row in rows:
        yield _frame(row, found[defects].of(row.sequence), found[events].of(row.sequence))


class _Found:
    """What was found by a camera on a roll, read beside its frames: both in the order of their numbers."""

    def __init__(self, connection: Connection, table: Table, roll_id: str, camera_id: str) -> None:
        of_roll = frames.c.camera_id == camera_id, frames.c.roll_id == roll_id
        question = select(frames.c.sequence, table).join(table, table.c.frame == frames.c.id).where(*of_roll)
        question = question.order_by(frames.c.sequence, table.c.number)
        rows = connection.execution_options(yield_per=_AT_A_TIME).execute(question)
        self._groups = groupby(rows, key=attrgetter("sequence"))
        self._waiting = next(self._groups, None)

    def of(self, sequence: int) -> list[Row[*tuple[Any, ...]]]:
        """Return what was found in a frame; frames are asked for in the order of their numbers."""
        if self._waiting is None or self._waiting[0] != sequence:
            return []
        found = list(self._waiting[1])
        self._waiting = next(self._groups, None)
        return found


def _cameras(roll_id: str) -> Any:
    """The index of frames begins with the camera."""
    return select(roll_cameras.c.camera_id).where(roll_cameras.c.roll_id == roll_id)


def _frame(
    row: Row[*tuple[Any, ...]], found: list[Row[*tuple[Any, ...]]], seen: list[Row[*tuple[Any, ...]]]
) -> FrameRead:
    told = dict(zip(_SHOWN, row, strict=False))
    told |= {"verdict": Verdict(row.verdict), "reasons": tuple(json.loads(row.reasons))}
    if not found and not seen:
        return FrameRead(**told, defects=(), events=(), lanes=())
    answer = json.loads(row.answer)
    unlike = [each["unlike_product"] for name in ("defects", "events") for each in answer[name]]
    findings = [_finding(each, score) for each, score in zip((*found, *seen), unlike, strict=True)]
    judged = zip(findings, found, strict=False)
    return FrameRead(
        **told,
        defects=tuple(Defect(finding, Severity(each.severity), each.needs_review) for finding, each in judged),
        events=tuple(findings[len(found) :]),
        lanes=tuple(Strip(lane["left_mm"], lane["right_mm"]) for lane in answer["lanes"]),
    )


def _finding(row: Row[*tuple[Any, ...]], unlike_product: float | None) -> Finding:
    return Finding(
        kind=Kind(row.kind),
        probability=row.probability,
        lane=row.lane,
        box=Box(row.y, row.x, row.y + row.height, row.x + row.width),
        down_mm=row.down_mm,
        cross_mm=row.cross_mm,
        length_mm=row.length_mm,
        width_mm=row.width_mm,
        area_mm2=row.area_mm2,
        contrast_sigma=row.contrast_sigma,
        unlike_product=unlike_product,
    )
