"""What is read: short questions, each on a connection of its own."""

from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from service.store.database import compiled
from service.store.entries import (
    FrameKey,
    RollCameraEntry,
    RollEntry,
    StoredAnswer,
    StoredFrame,
    frame_id,
)
from service.store.tables import cameras, crops, frames, not_inspected, roll_cameras, rolls

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
    select(frames.c.pixel_hash, frames.c.answer).where(
        frames.c.camera_id == bindparam("camera"),
        frames.c.roll_id == bindparam("roll"),
        frames.c.sequence == bindparam("number"),
    )
)


def stored_answer(connection: Connection, key: FrameKey) -> StoredAnswer | None:
    """Return the answer given to the frame of that number, if there was one."""
    cursor = connection.connection.cursor()
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


def last_sequence(connection: Connection, camera_id: str, roll_id: str) -> int | None:
    """Return the largest sequence answered to a camera on a roll, None when there is none."""
    question = select(func.max(frames.c.sequence)).filter_by(camera_id=camera_id, roll_id=roll_id)
    largest: int | None = connection.scalar(question)
    return largest


def roll(connection: Connection, roll_id: str) -> RollEntry | None:
    """Tell what a roll was opened with."""
    row = connection.execute(select(rolls).filter_by(roll_id=roll_id)).one_or_none()
    return RollEntry(**row._mapping) if row else None


def roll_camera(connection: Connection, roll_id: str, camera_id: str) -> RollCameraEntry | None:
    """Tell what a camera was pinned to on a roll."""
    question = select(roll_cameras).filter_by(roll_id=roll_id, camera_id=camera_id)
    row = connection.execute(question).one_or_none()
    return RollCameraEntry(**row._mapping) if row else None


def camera_ids(connection: Connection) -> list[str]:
    """List the cameras that were seen, in the order of their names."""
    return list(connection.scalars(select(cameras.c.camera_id).order_by(cameras.c.camera_id)))


def open_stretches(connection: Connection, camera_id: str, roll_id: str) -> int:
    """Count the frames of a camera on a roll that were refused and not sent again."""
    question = select(func.count()).select_from(not_inspected)
    question = question.filter_by(camera_id=camera_id, roll_id=roll_id, closed_at=None)
    return connection.scalar(question) or 0


def _of_camera(question: Select[Any], camera_id: str | None) -> Select[Any]:
    return question if camera_id is None else question.where(frames.c.camera_id == camera_id)


def _shown(row: Row[*tuple[Any, ...]]) -> StoredFrame:
    told = dict(row._mapping)
    return StoredFrame(frame_id=frame_id(told.pop("id")), **told)
