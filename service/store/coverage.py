"""What is read of how a roll was seen: its frames along the web, its lanes as measured, and when it was closed."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select

from inspection.roll.coverage import SeenFrame, hold_told
from inspection.verdict import Verdict
from service.store.tables import closed_rolls, frames, lane_metres, roll_cameras, rolls, web_metres


@dataclass(frozen=True)
class LaneSeen:
    """Where one camera measured one lane, averaged over what it saw.

    Attributes
    ----------
    camera_id : str
    lane : int
    left_mm, right_mm, width_mm : float or None
        None where that was never in sight.
    """

    camera_id: str
    lane: int
    left_mm: float | None
    right_mm: float | None
    width_mm: float | None


def seen_frames(connection: Connection, roll_id: str) -> dict[str, list[SeenFrame]]:
    """List a roll's inspected frames along the web, by camera."""
    columns = frames.c
    reasons = case((columns.verdict == Verdict.HOLD.value, columns.reasons))
    question = select(columns.camera_id, columns.position_mm, columns.length_mm, reasons).where(*_of_roll(roll_id))
    by_camera: dict[str, list[SeenFrame]] = defaultdict(list)
    for camera_id, position_mm, length_mm, told in connection.execute(question.order_by(columns.position_mm)):
        by_camera[camera_id].append(SeenFrame(position_mm, position_mm + length_mm, _holds(told)))
    return dict(by_camera)


def _holds(reasons: str | None) -> tuple[str, ...]:
    return () if reasons is None else hold_told(json.loads(reasons))


def lanes_seen(connection: Connection, roll_id: str) -> list[LaneSeen]:
    """Tell where each camera measured each lane of a roll."""
    columns = lane_metres.c
    means = [
        (func.sum(columns[f"{name}_sum"]) / func.nullif(func.sum(columns[f"{name}_n"]), 0)).label(name)
        for name in ("left_mm", "right_mm", "width_mm")
    ]
    question = select(columns.camera_id, columns.lane, *means).where(columns.roll_id == roll_id)
    question = question.group_by(columns.camera_id, columns.lane).order_by(columns.camera_id, columns.lane)
    return [LaneSeen(**row._mapping) for row in connection.execute(question)]


def last_answers(connection: Connection, roll_id: str) -> dict[str, bytes]:
    """Return the answer of each camera's last frame on a roll."""
    cameras: Sequence[str] = connection.scalars(select(roll_cameras.c.camera_id).filter_by(roll_id=roll_id)).all()
    rows = ((camera_id, connection.execute(_last_answer(camera_id, roll_id)).one_or_none()) for camera_id in cameras)
    return {camera_id: row.answer for camera_id, row in rows if row}


def closed_at(connection: Connection, roll_id: str) -> str | None:
    """Tell when a roll was closed, None while it is open."""
    moment: str | None = connection.scalar(select(closed_rolls.c.closed_at).filter_by(roll_id=roll_id))
    return moment


def rolls_within(connection: Connection, since: str, until: str) -> list[str]:
    """List the rolls of which some web may have run between two moments, in the order in which they were opened."""
    closed, ran = closed_rolls.c.closed_at, web_metres.c
    later = select(ran.metre).where(ran.roll_id == rolls.c.roll_id, ran.last_at >= since).exists()
    question = select(rolls.c.roll_id).join(closed_rolls, isouter=True)
    question = question.where(rolls.c.opened_at < until, or_(closed.is_(None), closed >= since), later)
    return list(connection.scalars(question.order_by(rolls.c.opened_at, rolls.c.roll_id)))


def _of_roll(roll_id: str) -> tuple[Any, ...]:
    """Conditions by which frames are found in their index: it begins with the camera."""
    cameras = select(roll_cameras.c.camera_id).filter_by(roll_id=roll_id)
    return frames.c.camera_id.in_(cameras), frames.c.roll_id == roll_id


def _last_answer(camera_id: str, roll_id: str) -> Select[tuple[bytes]]:
    question = select(frames.c.answer).filter_by(camera_id=camera_id, roll_id=roll_id)
    return question.order_by(frames.c.sequence.desc()).limit(1)
