"""The alarms of a roll, as people and programs read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.roll.alarms import Detail
from service.rollbook.opened import opened_roll
from service.store.connection import Connection
from service.store.roll_alarms import KeptAlarm, alarms_after


@dataclass(frozen=True)
class RollAlarm:
    """An alarm; `lane` is null where it is of bare foil or the whole width."""

    id: int
    roll_id: str
    camera_id: str
    cause: str
    lane: int | None
    from_mm: float
    raised_mm: float
    raised_at: str
    told: str
    details: Mapping[str, Detail]


@dataclass(frozen=True)
class AlarmPage:
    """Alarms of a roll, the oldest first; `next_after` asks for the next page, null on the last."""

    alarms: list[RollAlarm]
    next_after: int | None


def alarms_of_roll(connection: Connection, roll_id: str, after: int, limit: int) -> AlarmPage:
    """List a roll's alarms whose id is larger.

    Raises
    ------
    UnknownRoll
    """
    opened_roll(connection, roll_id)
    found = [as_told(kept) for kept in alarms_after(connection, roll_id, after, limit + 1)]
    return AlarmPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def as_told(kept: KeptAlarm) -> RollAlarm:
    """Tell a kept alarm; lengths to a micrometre."""
    alarm = kept.alarm
    return RollAlarm(
        id=kept.id,
        roll_id=kept.roll_id,
        camera_id=alarm.camera_id,
        cause=alarm.cause.value,
        lane=alarm.lane,
        from_mm=round(alarm.from_mm, 3),
        raised_mm=round(alarm.raised_mm, 3),
        raised_at=kept.raised_at,
        told=alarm.told,
        details=alarm.details,
    )
