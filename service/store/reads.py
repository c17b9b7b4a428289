"""What is read: short questions, each on a connection of its own."""

from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, distinct, func, select, union

from inspection.roll.encoder import StepBack
from service.store.entries import (
    Extent,
    FrameKey,
    RollCameraEntry,
    RollEntry,
    StoredAnswer,
    StoredFrame,
    frame_id,
)
from service.store.statements import DriverCursor, compiled
from service.store.tables import cameras, crops, frames, metre_counts, not_inspected, roll_cameras, rolls
from service.stretches import Refused, Run

_SHOWN = select(
    frames.c.id,
    frames.c.camera_id,
    frames.c.roll_id,
    frames.c.sequence,
    frames.c.rows,
    frames.c.columns,
    frames.c.bits,
    frames.c.captured_at,
    frames.c.received_at,
    frames.c.pixel_hash,
    frames.c.verdict,
    frames.c.answer,
)

# Asked for every frame, so it is compiled once and goes to the driver's own cursor.
_ANSWER = compiled(
    lambda _: select(frames.c.pixel_hash, frames.c.answer).where(
        frames.c.camera_id == bindparam("camera"),
        frames.c.roll_id == bindparam("roll"),
        frames.c.sequence == bindparam("number"),
    )
)


def stored_answer(connection: Connection, key: FrameKey) -> StoredAnswer | None:
    """Return the answer given to the frame of that number, if there was one."""
    cursor = DriverCursor(connection)
    cursor.execute(_ANSWER, (key.camera_id, key.roll_id, key.sequence))
    row = cursor.fetchone()
    return StoredAnswer(*row) if row else None


def frame(connection: Connection, number: int) -> StoredFrame | None:
    """Return the frame of that number."""
    row = connection.execute(_SHOWN.where(frames.c.id == number)).one_or_none()
    return _shown(row) if row else None


def latest_frames(connection: Connection, limit: int, camera_id: str | None = None) -> list[StoredFrame]:
    """List the latest frames of one camera or of all, newest first."""
    question = _of_camera(_SHOWN, camera_id).order_by(frames.c.id.desc()).limit(limit)
    return [_shown(row) for row in connection.execute(question)]


def latest_pixels(connection: Connection, camera_id: str, limit: int) -> list[tuple[FrameKey, bytes]]:
    """List the latest frames of a camera with the hash of their pixels, oldest first."""
    columns = frames.c.camera_id, frames.c.roll_id, frames.c.sequence, frames.c.pixel_hash
    question = select(*columns).filter_by(camera_id=camera_id).order_by(frames.c.id.desc()).limit(limit)
    return [(FrameKey(*row[:3]), row[3]) for row in connection.execute(question)][::-1]


def last_number(connection: Connection) -> int:
    """Return the largest frame number given so far; 0 when there is none."""
    return connection.scalar(select(func.max(frames.c.id))) or 0


def first_crops(connection: Connection) -> int | None:
    """Return the smallest number of a frame whose crops are there, None when there is none."""
    smallest: int | None = connection.scalar(select(func.min(crops.c.frame)))
    return smallest


def runs_backwards(connection: Connection, camera_id: str, roll_id: str) -> bool:
    """Tell whether the frame of the largest number lies before the one sent before it: an encoder in reverse."""
    question = select(frames.c.position_mm).filter_by(camera_id=camera_id, roll_id=roll_id)
    last = list(connection.scalars(question.order_by(frames.c.sequence.desc()).limit(2)))
    return len(last) == 2 and last[0] < last[1]


def steps_back(connection: Connection, camera_id: str, roll_id: str) -> list[StepBack]:
    """List where positions fall from one answered frame of a camera on a roll to the next, by their numbers."""
    columns = frames.c
    before, position_mm, end_mm = (
        func.lag(each).over(order_by=columns.sequence)
        for each in (columns.sequence, columns.position_mm, columns.position_mm + columns.length_mm)
    )
    question = select(
        before.label("before"),
        columns.sequence,
        columns.position_mm,
        end_mm.label("end_mm"),
        (position_mm - columns.position_mm).label("fall_mm"),
    )
    told = question.where(columns.camera_id == camera_id, columns.roll_id == roll_id).subquery()
    falling = select(told).where(told.c.fall_mm > 0).order_by(told.c.sequence)
    return [StepBack(*row) for row in connection.execute(falling)]


def last_sequence(connection: Connection, camera_id: str, roll_id: str) -> int | None:
    """Return the largest sequence answered to a camera on a roll, None when there is none."""
    question = select(func.max(frames.c.sequence)).filter_by(camera_id=camera_id, roll_id=roll_id)
    largest: int | None = connection.scalar(question)
    return largest


def answered_so_far(connection: Connection, camera_id: str, roll_id: str) -> tuple[int | None, int]:
    """Return the largest sequence answered to a camera on a roll, None when there is none, and how many were."""
    question = select(func.max(frames.c.sequence), func.count()).filter_by(camera_id=camera_id, roll_id=roll_id)
    largest, count = connection.execute(question).one()
    return largest, count


def roll(connection: Connection, roll_id: str) -> RollEntry | None:
    """Tell what a roll was opened with."""
    row = connection.execute(select(rolls).filter_by(roll_id=roll_id)).one_or_none()
    return RollEntry(**row._mapping) if row else None


def roll_camera(connection: Connection, roll_id: str, camera_id: str) -> RollCameraEntry | None:
    """Tell what a camera was pinned to on a roll."""
    question = select(roll_cameras).filter_by(roll_id=roll_id, camera_id=camera_id)
    row = connection.execute(question).one_or_none()
    return RollCameraEntry(**row._mapping) if row else None


def calibrations_of(connection: Connection, roll_id: str) -> dict[str, int | None]:
    """Return the calibrations that cameras were pinned to on a roll, None where one had none."""
    question = select(roll_cameras.c.camera_id, roll_cameras.c.calibration_version).filter_by(roll_id=roll_id)
    rows = connection.execute(question.order_by(roll_cameras.c.camera_id))
    return {row.camera_id: row.calibration_version for row in rows}


def camera_ids(connection: Connection) -> list[str]:
    """List the cameras that were seen, in the order of their names."""
    return sorted(connection.scalars(select(cameras.c.camera_id)))


def not_inspected_count(connection: Connection, camera_id: str, roll_id: str) -> int:
    """Count the frames of a camera on a roll that were refused and not inspected since."""
    question = select(func.count(distinct(not_inspected.c.sequence)))
    question = question.filter_by(camera_id=camera_id, roll_id=roll_id, closed_at=None)
    return connection.scalar(question) or 0


def cameras_of_roll(connection: Connection, roll_id: str) -> list[str]:
    """List the cameras that sent frames of a roll, inspected or not."""
    seen = select(roll_cameras.c.camera_id).filter_by(roll_id=roll_id)
    refused = select(not_inspected.c.camera_id).filter_by(roll_id=roll_id)
    return sorted(connection.scalars(union(seen, refused)))


def extent(connection: Connection, camera_id: str, roll_id: str) -> Extent:
    """Tell how many frames of a camera on a roll were answered, and where on the web they begin and end."""
    begin, end = func.min(frames.c.position_mm), func.max(frames.c.position_mm + frames.c.length_mm)
    question = select(func.count(), begin, end).where(frames.c.camera_id == camera_id, frames.c.roll_id == roll_id)
    return Extent(*connection.execute(question).one())


def severities(connection: Connection, roll_id: str) -> dict[str, int]:
    """Count a roll's defects by severity, from the counts by metre."""
    columns = metre_counts.c
    question = select(columns.severity, func.sum(columns.count)).where(columns.roll_id == roll_id)
    return {severity: int(count) for severity, count in connection.execute(question.group_by(columns.severity))}


def runs(connection: Connection, camera_id: str, roll_id: str) -> list[Run]:
    """Tell the answered frames of a camera on a roll, as runs of numbers without a gap."""
    of_roll = {"camera_id": camera_id, "roll_id": roll_id}
    island = (frames.c.sequence - func.row_number().over(order_by=frames.c.sequence)).label("island")
    # Numbers alone are read from the index: a long roll's frames themselves would take a quarter of a second.
    told = select(frames.c.sequence, island).filter_by(**of_roll).subquery()
    first, last = func.min(told.c.sequence).label("first"), func.max(told.c.sequence).label("last")
    ends = select(first, last).group_by(told.c.island).subquery()
    one, other = select(frames).filter_by(**of_roll).subquery(), select(frames).filter_by(**of_roll).subquery()
    end_mm = other.c.position_mm + other.c.length_mm
    question = select(ends.c.first, ends.c.last, one.c.position_mm, end_mm, other.c.length_mm, other.c.rows)
    question = question.join(one, one.c.sequence == ends.c.first).join(other, other.c.sequence == ends.c.last)
    return [Run(*row) for row in connection.execute(question.order_by(ends.c.first))]


def refused(connection: Connection, camera_id: str, roll_id: str) -> list[Refused]:
    """List the frames of a camera on a roll that were refused and not inspected since, by their numbers."""
    columns = not_inspected.c
    question = select(columns.sequence, columns.cause, columns.position_mm, columns.rows)
    question = question.filter_by(camera_id=camera_id, roll_id=roll_id, closed_at=None).order_by(columns.sequence)
    by_number = groupby(connection.execute(question).all(), key=lambda row: row.sequence)
    return [_refused(number, list(rows)) for number, rows in by_number]


def _refused(number: int, rows: list[Row[*tuple[Any, ...]]]) -> Refused:
    told = rows[-1]
    return Refused(number, tuple(row.cause for row in rows), told.position_mm, told.rows)


def _of_camera(question: Select[Any], camera_id: str | None) -> Select[Any]:
    return question if camera_id is None else question.where(frames.c.camera_id == camera_id)


def _shown(row: Row[*tuple[Any, ...]]) -> StoredFrame:
    told = dict(row._mapping)
    return StoredFrame(frame_id=frame_id(told.pop("id")), **told)
