"""What is kept of alarms: one row for each, never changed; and what a watch reads again after a restart."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select

from inspection.roll.alarms import Alarm, AlarmCause
from inspection.roll.web_defect import WebDefect
from service.store.tables import roll_alarms, splices, web_defects
from service.store.webs import web_defect

BEGINS_MM = web_defects.c.from_mm
"""Where a defect begins, for conditions of `defects_along`."""


@dataclass(frozen=True)
class KeptAlarm:
    """An alarm as it was kept.

    Attributes
    ----------
    id : int
        Grows with time.
    roll_id : str
    raised_at : str
    alarm : Alarm
    """

    id: int
    roll_id: str
    raised_at: str
    alarm: Alarm


def write_alarm(connection: Connection, roll_id: str, alarm: Alarm, raised_at: str) -> KeptAlarm:
    """Keep an alarm; one that was written already, while its answer was lost, is not written twice."""
    row = {
        "roll_id": roll_id,
        "camera_id": alarm.camera_id,
        "cause": alarm.cause.value,
        "lane": alarm.lane or 0,
        "from_mm": alarm.from_mm,
        "raised_mm": alarm.raised_mm,
        "raised_at": raised_at,
        "told": alarm.told,
        "details": json.dumps(dict(alarm.details), sort_keys=True),
    }
    number = connection.scalar(select(roll_alarms.c.id).filter_by(**row))
    if number is None:
        number = connection.scalar(insert(roll_alarms).returning(roll_alarms.c.id), row)
    return KeptAlarm(int(number or 0), roll_id, raised_at, alarm)


def alarms_after(connection: Connection, roll_id: str, after: int, limit: int) -> list[KeptAlarm]:
    """List a roll's alarms whose id is larger, the oldest first."""
    question = select(roll_alarms).where(roll_alarms.c.roll_id == roll_id, roll_alarms.c.id > after)
    return [_kept(row) for row in connection.execute(question.order_by(roll_alarms.c.id).limit(limit))]


def latest_alarms(connection: Connection, roll_id: str, limit: int) -> list[KeptAlarm]:
    """List a roll's latest alarms, the oldest of them first."""
    question = select(roll_alarms).filter_by(roll_id=roll_id).order_by(roll_alarms.c.id.desc()).limit(limit)
    return [_kept(row) for row in connection.execute(question)][::-1]


def latest_defects(connection: Connection, roll_id: str, since_mm: float, most: int) -> list[WebDefect]:
    """List the defects that begin at `since_mm` or later, in order along the web; of too many the last ones."""
    columns = web_defects.c
    question = select(web_defects).where(columns.roll_id == roll_id, columns.from_mm >= since_mm)
    question = question.order_by(columns.from_mm.desc(), columns.frame.desc(), columns.number.desc()).limit(most)
    return [web_defect(row) for row in connection.execute(question)][::-1]


def latest_splices(connection: Connection, roll_id: str, since_mm: float) -> list[tuple[float, float]]:
    """List where the splices begin and end that begin at `since_mm` or later."""
    question = select(splices.c.from_mm, splices.c.to_mm).where(
        splices.c.roll_id == roll_id, splices.c.from_mm >= since_mm
    )
    return [(row.from_mm, row.to_mm) for row in connection.execute(question.order_by(splices.c.from_mm))]


def _kept(row: Row[*tuple[object, ...]]) -> KeptAlarm:
    told = row._mapping
    alarm = Alarm(
        cause=AlarmCause(told["cause"]),
        camera_id=told["camera_id"],
        lane=told["lane"] or None,
        from_mm=told["from_mm"],
        raised_mm=told["raised_mm"],
        told=told["told"],
        details=json.loads(told["details"]),
    )
    return KeptAlarm(told["id"], told["roll_id"], told["raised_at"], alarm)
