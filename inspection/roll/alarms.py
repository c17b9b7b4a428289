"""Alarms: what somebody at the line wants to know while the web runs.

In:  what each frame brings of the web's defects.
Out: alarms, each once for each thing, and those that are over.

A source watches for one kind of thing and knows which it has told of: a further cause is a further source.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol, TypeAlias

from annotated_types import Interval

from inspection.geometry import Side
from inspection.record import LaneExtent
from inspection.roll.lane_series import LaneSums
from inspection.roll.web_defect import WebDefect

Detail: TypeAlias = str | int | float | bool | None


class AlarmCause(StrEnum):
    """What an alarm is about."""

    STREAK = "streak"
    REPEAT = "repeat"
    DENSITY = "density"
    LANE = "lane"


@dataclass(frozen=True)
class AlarmSettings:
    """When there is an alarm.

    Attributes
    ----------
    streak_mm : float
        From this length on something that runs along the web is one; below a metre, so that the alarm comes within
        one metre of where it began.
    """

    streak_mm: Annotated[float, Interval(ge=10, le=900)] = 500.0


@dataclass(frozen=True)
class News:
    """What a frame brings of the web.

    Attributes
    ----------
    camera_id : str
    from_mm, to_mm : float
        Web that the frame shows.
    changed : tuple of WebDefect
        New ones, and those that have changed.
    splices : tuple of (float, float)
        Where those that it shows begin and end.
    lanes : tuple of LaneExtent
    held : bool
        The frame could not be judged: what it shows of lanes is no measure either.
    side : {"top", "bottom"}
    measured : tuple of LaneSums
        What is known of lanes in the latest metres, where frames were not handed on.
    """

    camera_id: str
    from_mm: float
    to_mm: float
    changed: tuple[WebDefect, ...] = ()
    splices: tuple[tuple[float, float], ...] = ()
    lanes: tuple[LaneExtent, ...] = ()
    held: bool = False
    side: Side = "top"
    measured: tuple[LaneSums, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """Something that somebody at the line wants to know.

    Attributes
    ----------
    cause : AlarmCause
    camera_id : str
        The one that showed it; empty where it is of the whole web.
    lane : int or None
    from_mm : float
        Where what it is about begins.
    raised_mm : float
        How far its camera had seen the web.
    told : str
        In words.
    details : mapping of str to plain values
        Numbers of what it is about, by which it is known again.
    """

    cause: AlarmCause
    camera_id: str
    lane: int | None
    from_mm: float
    raised_mm: float
    told: str
    details: Mapping[str, Detail]


@dataclass
class Standing:
    """An alarm that was raised, and is not over before its camera has seen `patience_mm` of web beyond `until_mm`."""

    alarm: Alarm
    until_mm: float
    patience_mm: float
    continued: int = 0
    """So often it was seen to go on."""

    def goes_on(self, from_mm: float, to_mm: float) -> bool:
        """Take what may be its continuation; whether it is near enough to be one."""
        if from_mm > self.until_mm + self.patience_mm:
            return False
        self.until_mm = max(self.until_mm, to_mm)
        self.continued += 1
        return True


class AlarmSource(Protocol):
    """Watches for one kind of thing."""

    standing: list[Standing]

    def take(self, news: News) -> list[Alarm]:
        """Learn what a frame brings; return what is to be told for the first time."""

    def resume(self, alarm: Alarm, until_mm: float) -> None:
        """Know again what was told before a restart, as if it had gone on until then."""


class WebAlarms:
    """One roll's alarms.

    Parameters
    ----------
    sources : mapping of AlarmCause to AlarmSource
        What watches for each; add to it for a further cause.
    """

    def __init__(self, sources: Mapping[AlarmCause, AlarmSource]) -> None:
        self._sources = sources
        self._seen_mm: dict[str, float] = {}

    def take(self, news: News) -> tuple[list[Alarm], list[Alarm]]:
        """Learn what a frame brings.

        Returns
        -------
        begun, ended : list of Alarm
        """
        self._seen_mm[news.camera_id] = max(self._seen_mm.get(news.camera_id, news.to_mm), news.to_mm)
        begun = [alarm for source in self._sources.values() for alarm in source.take(news)]
        return begun, [alarm for source in self._sources.values() for alarm in self._over(source.standing)]

    def resume(self, alarms: Iterable[Alarm], until_mm: float) -> None:
        """Know again what was told before a restart."""
        for alarm in alarms:
            if source := self._sources.get(alarm.cause):
                source.resume(alarm, until_mm)

    def _over(self, standing: list[Standing]) -> Sequence[Alarm]:
        """Take out what is over."""
        over = [each for each in standing if self._is_over(each)]
        for each in over:
            standing.remove(each)
        return [each.alarm for each in over]

    def _is_over(self, standing: Standing) -> bool:
        seen_mm = self._seen_mm.get(standing.alarm.camera_id, standing.until_mm)
        return seen_mm > standing.until_mm + standing.patience_mm
