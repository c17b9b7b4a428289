"""Alarms that were told while the roll ran."""

from dataclasses import dataclass
from typing import Final

from service.roll_report.facts import Facts
from service.roll_report.numbers import metres, moment, reason
from service.rollbook.alarms import RollAlarm, alarms_of_roll

_MOST: Final = 30


@dataclass(frozen=True)
class ToldAlarm:
    """An alarm in words."""

    raised_at: str
    raised: str
    begun: str
    lane: str
    camera_id: str
    told: str


@dataclass(frozen=True)
class Alarms:
    """The first alarms, and whether there were more."""

    alarms: list[ToldAlarm]
    more: bool


def alarms(facts: Facts) -> Alarms:
    """Tell the alarms in the order in which they were raised."""
    page = alarms_of_roll(facts.connection, facts.roll_id, 0, _MOST)
    return Alarms([_told(each) for each in page.alarms], page.next_after is not None)


def _told(alarm: RollAlarm) -> ToldAlarm:
    return ToldAlarm(
        raised_at=moment(alarm.raised_at),
        raised=metres(alarm.raised_mm, 2),
        begun=metres(alarm.from_mm, 2),
        lane=str(alarm.lane or "all"),
        camera_id=alarm.camera_id or "all",
        told=reason(alarm.told),
    )
