"""What is written: each function runs inside one of the writer's transactions.

The statements of a frame are compiled once and handed to the driver's own cursor: going through
SQLAlchemy for every frame costs more than running them.
"""

from dataclasses import asdict
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert

from inspection.defect import Finding
from service.store.database import compiled
from service.store.entries import FrameEntry, FrameKey, RollCameraEntry, RollEntry, stamp
from service.store.tables import (
    cameras,
    crops,
    defects,
    events,
    frames,
    metre_counts,
    not_inspected,
    roll_cameras,
    rolls,
)


def _insert_all(table: Table) -> str:
    """Insert a row whose values stand in the order of the table's columns."""
    return compiled(insert(table).values({column.name: bindparam(column.name) for column in table.columns}))


_one_more = insert(metre_counts)
_FRAME, _DEFECTS, _EVENTS, _CROPS = (_insert_all(table) for table in (frames, defects, events, crops))
_COUNTS = compiled(
    _one_more.values({column.name: bindparam(column.name) for column in metre_counts.columns}).on_conflict_do_update(
        index_elements=list(metre_counts.primary_key.columns),
        set_={"count": metre_counts.c.count + _one_more.excluded.count},
    )
)
_CLOSE = compiled(
    update(not_inspected)
    .values(closed_at=bindparam("closed"))
    .where(
        not_inspected.c.camera_id == bindparam("camera"),
        not_inspected.c.roll_id == bindparam("roll"),
        not_inspected.c.sequence == bindparam("number"),
    )
)


def write_frame(connection: Connection, entry: FrameEntry) -> None:
    """Keep a frame, everything found on it, and its share of the counts."""
    key, received_at = entry.key, stamp(entry.received_at)
    cursor = connection.connection.cursor()
    cursor.execute(_FRAME, _frame_row(entry, received_at))
    cursor.execute(_CLOSE, (received_at, key.camera_id, key.roll_id, key.sequence))
    if entry.record.defects:
        cursor.executemany(_DEFECTS, _defect_rows(entry))
        cursor.executemany(_COUNTS, _count_rows(entry))
    if entry.record.events:
        cursor.executemany(_EVENTS, _event_rows(entry))
    if entry.crops:
        cursor.execute(_CROPS, (entry.number, entry.crops))


def _frame_row(entry: FrameEntry, received_at: str) -> tuple[Any, ...]:
    key = entry.key
    return (
        entry.number,
        key.camera_id,
        key.roll_id,
        key.sequence,
        entry.position_mm,
        entry.rows,
        entry.columns,
        entry.bits,
        stamp(entry.captured_at) if entry.captured_at else None,
        received_at,
        entry.pixel_hash,
        entry.record.verdict.value,
        dumps(entry.record.reasons),
        entry.answer,
    )


def _defect_rows(entry: FrameEntry) -> list[tuple[Any, ...]]:
    return [
        (*_finding_row(entry.number, n, defect.finding), defect.severity.value, defect.needs_review)
        for n, defect in enumerate(entry.record.defects, 1)
    ]


def _event_rows(entry: FrameEntry) -> list[tuple[Any, ...]]:
    return [_finding_row(entry.number, n, event) for n, event in enumerate(entry.record.events, 1)]


def _count_rows(entry: FrameEntry) -> list[tuple[Any, ...]]:
    key = entry.key
    return [(key.roll_id, key.camera_id, *place, count) for place, count in entry.metre_counts().items()]


def _finding_row(frame: int, number: int, finding: Finding) -> tuple[Any, ...]:
    box = finding.box
    return (
        frame,
        number,
        finding.kind.value,
        finding.probability,
        finding.lane,
        box.left,
        box.top,
        box.width,
        box.height,
        finding.down_mm,
        finding.cross_mm,
        finding.length_mm,
        finding.width_mm,
        finding.area_mm2,
        finding.contrast_sigma,
    )


def write_roll(connection: Connection, roll: RollEntry) -> None:
    """Open a roll."""
    connection.execute(insert(rolls), asdict(roll))


def write_roll_camera(connection: Connection, entry: RollCameraEntry) -> None:
    """Pin a camera to a roll; a camera never seen before becomes known."""
    seen = {"camera_id": entry.camera_id, "first_seen_at": entry.opened_at}
    connection.execute(insert(cameras).on_conflict_do_nothing(), seen)
    connection.execute(insert(roll_cameras), asdict(entry))


def prune_crops(connection: Connection, before: int, most: int) -> int:
    """Remove the crops of some frames whose number is smaller; their records stay. Return of how many frames.

    Crops that somebody reviewed are to be kept: a mark of that belongs into `old`.
    """
    old = select(crops.c.frame).where(crops.c.frame < before).order_by(crops.c.frame).limit(most)
    return connection.execute(delete(crops).where(crops.c.frame.in_(old))).rowcount


def write_refusal(connection: Connection, key: FrameKey, reason: str, detail: str, at: datetime) -> None:
    """Remember that a frame was not inspected, unless one of its number was."""
    inspected = select(exists().where(and_(*_same_number(frames, key))))
    if connection.scalar(inspected):
        return
    row = asdict(key) | {
        "reason": reason,
        "detail": detail,
        "attempts": 1,
        "first_at": stamp(at),
        "last_at": stamp(at),
    }
    again = {
        "reason": reason,
        "detail": detail,
        "attempts": not_inspected.c.attempts + 1,
        "last_at": stamp(at),
    }
    keys = list(not_inspected.primary_key.columns)
    connection.execute(insert(not_inspected).values(row).on_conflict_do_update(index_elements=keys, set_=again))


def _same_number(table: Table, key: FrameKey) -> list[Any]:
    return [table.c[name] == value for name, value in asdict(key).items()]
