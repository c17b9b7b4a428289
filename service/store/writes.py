"""What is written: each function runs inside one of the writer's transactions.

The statements of a frame are compiled once and handed to the driver's own cursor, see `statements`.
"""

from dataclasses import asdict
from json import dumps
from os import urandom
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from inspection.defect import Finding
from inspection.roll.web_defect import WebDefect
from service.store.entries import FrameEntry, RollCameraEntry, RollEntry, stamp
from service.store.lane_writes import write_lanes
from service.store.roll_webs import RollWebs
from service.store.statements import Compiled, compiled, in_one_trip, insert_into
from service.store.tables import (
    cameras,
    crops,
    defects,
    events,
    frames,
    not_inspected,
    roll_cameras,
    rolls,
    write_trials,
)
from service.store.web_writes import write_web

_TRIAL_BYTES = 1 << 17


def _insert_all(table: Table) -> Compiled:
    """Insert a row whose values stand in the order of the table's columns."""
    return compiled(lambda insert: insert(table).values(_all(table)))


def _all(table: Table) -> dict[str, Any]:
    return {column.name: bindparam(column.name) for column in table.columns}


_FRAME, _DEFECTS, _EVENTS, _CROPS = (_insert_all(table) for table in (frames, defects, events, crops))
_CLOSE = compiled(
    lambda _: (
        update(not_inspected)
        .values(closed_at=bindparam("closed"))
        .where(
            not_inspected.c.camera_id == bindparam("camera"),
            not_inspected.c.roll_id == bindparam("roll"),
            not_inspected.c.sequence == bindparam("number"),
            not_inspected.c.closed_at.is_(None),
        )
    )
)


def write_frame(connection: Connection, entry: FrameEntry, webs: RollWebs) -> tuple[WebDefect, ...]:
    """Keep a frame, everything found on it, and what it changes of its roll's web.

    Parameters
    ----------
    connection : Connection
    entry : FrameEntry
    webs : RollWebs
        Must forget everything when the transaction fails.

    Returns
    -------
    tuple of WebDefect
        Those that are new, and those that are otherwise than before.
    """
    key, received_at = entry.key, stamp(entry.received_at)
    changes = webs.join(connection, entry)
    with in_one_trip(connection) as cursor:
        cursor.execute(_FRAME, _frame_row(entry, received_at))
        cursor.execute(_CLOSE, (received_at, key.camera_id, key.roll_id, key.sequence))
        if entry.record.defects:
            cursor.executemany(_DEFECTS, _defect_rows(entry))
        if entry.record.events:
            cursor.executemany(_EVENTS, _event_rows(entry))
        write_lanes(cursor, entry)
        if entry.crops:
            cursor.execute(_CROPS, (entry.number, entry.crops))
        write_web(cursor, entry, changes)
    return changes.changed


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
        entry.length_mm,
    )


def _defect_rows(entry: FrameEntry) -> list[tuple[Any, ...]]:
    return [
        (*_finding_row(entry.number, n, defect.finding), defect.severity.value, defect.needs_review)
        for n, defect in enumerate(entry.record.defects, 1)
    ]


def _event_rows(entry: FrameEntry) -> list[tuple[Any, ...]]:
    return [_finding_row(entry.number, n, event) for n, event in enumerate(entry.record.events, 1)]


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
    connection.execute(insert_into(connection, cameras).on_conflict_do_nothing(), seen)
    connection.execute(insert(roll_cameras), asdict(entry))


def prune_crops(connection: Connection, before: int, most: int) -> int:
    """Remove the crops of some frames whose number is smaller; their records stay. Return of how many frames.

    Crops that somebody reviewed are to be kept: a mark of that belongs into `old`.
    """
    old = select(crops.c.frame).where(crops.c.frame < before).order_by(crops.c.frame).limit(most)
    return connection.execute(delete(crops).where(crops.c.frame.in_(old))).rowcount


def write_trial(connection: Connection) -> None:
    """Write as much as a frame full of defects has, to learn whether there is room for one."""
    filling = {"filling": urandom(_TRIAL_BYTES)}  # what was there already would not be written, nor zeros as such
    more = insert_into(connection, write_trials).values(id=1, **filling)
    connection.execute(more.on_conflict_do_update(index_elements=[write_trials.c.id], set_=filling))
