"""When defects were found, by a plant's shifts, days or weeks: added up of as few rows as tell it.

A roll that one camera saw within one shift counts whole. One that lies across a change of shifts is looked at by 64 m,
and only the 64 m across the change by the metre. A metre belongs to the moment when its first frame was received.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache

from service.shifts import Shifts, shift_of
from service.store.connection import Connection
from service.store.web_sums import (
    Part,
    RollsAsked,
    long_counts,
    long_parts,
    metre_parts,
    metre_sums,
    whole_counts,
)

_MINUTE = 16
"""Digits of a moment to the minute; shifts and days begin with one."""

_Counts = Iterable[tuple[str, str, int, str, int]]


class Times:
    """Counts and seen web by the name of a time."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._seen: dict[str, list[Part]] = defaultdict(list)

    def add(self, parts: Mapping[tuple[str, str, int], Part], counts: _Counts, name: Callable[[Part], str]) -> None:
        """Add parts of web, and the defects counted on them."""
        for part in parts.values():
            self._seen[name(part)].append(part)
        for roll_id, camera_id, stretch, severity, count in counts:
            if count and (found_on := parts.get((roll_id, camera_id, stretch))):
                self.counts[name(found_on)][severity] += count

    def seen_mm(self) -> dict[str, float]:
        """Tell how much web was seen at each time."""
        return {name: seen_mm(parts) for name, parts in self._seen.items()}


def seen_mm(parts: Iterable[Part]) -> float:
    """Tell how much web was seen: cameras side by side show the same metres, so of each roll the most that one saw."""
    cameras: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for part in parts:
        cameras[part.roll_id][part.camera_id] += part.seen_mm
    return sum(max(seen.values()) for seen in cameras.values())


def name_of(time: str, shifts: Shifts) -> Callable[[str], str]:
    """Return what names the shift, day or week of a moment as the store keeps it."""

    @cache
    def named(minute: str) -> str:
        moment = datetime.fromisoformat(f"{minute}:00+00:00")
        if time == "shift":
            return shift_of(moment, shifts).told
        day = moment.astimezone(shifts.zone).date()
        return f"{day:%G-W%V}" if time == "week" else str(day)

    return lambda moment: named(moment[:_MINUTE])


def by_time(
    connection: Connection,
    asked: RollsAsked,
    parts: Iterable[Part],
    opened: Mapping[str, str],
    name: Callable[[str], str],
) -> Times:
    """Count the defects of some rolls by when they were found.

    Parameters
    ----------
    connection : Connection
    asked : RollsAsked
    parts : iterable of Part
        Whole rolls, by camera.
    opened : mapping of str to str
        When each roll was opened: what was counted for a camera that saw nothing of it falls then.
    name : callable
        Names the time of a moment.
    """
    times, whole, counts = Times(), _placed(parts), whole_counts(connection, asked)
    for roll_id, camera_id, stretch, _, _ in counts:
        whole.setdefault((roll_id, camera_id, stretch), _nothing(roll_id, camera_id, stretch, opened[roll_id]))
    across = {part.roll_id for part in whole.values() if name(part.first_at) != name(part.last_at)}
    times.add(
        {place: part for place, part in whole.items() if part.roll_id not in across},
        [each for each in counts if each[0] not in across],
        lambda part: name(part.first_at),
    )
    for roll_id in sorted(across):
        _add_roll(connection, times, roll_id, opened[roll_id], name)
    return times


def _add_roll(connection: Connection, times: Times, roll_id: str, opened_at: str, name: Callable[[str], str]) -> None:
    """Add a roll by 64 m, and by the metre where they lie across a change."""
    parts, counts = _placed(long_parts(connection, roll_id)), long_counts(connection, roll_id)
    for _, camera_id, stretch, _, _ in counts:
        parts.setdefault((roll_id, camera_id, stretch), _nothing(roll_id, camera_id, stretch, opened_at))
    across = [place for place, part in parts.items() if name(part.first_at) != name(part.last_at)]
    for place in across:
        part = parts.pop(place)
        metres, sums = _placed(metre_parts(connection, *place)), metre_sums(connection, *place)
        for _, camera_id, metre, _, _ in sums:
            metres.setdefault((roll_id, camera_id, metre), _nothing(roll_id, camera_id, metre, part.first_at))
        times.add(metres, sums, lambda metre: name(metre.first_at))
    times.add(parts, counts, lambda part: name(part.first_at))


def _placed(parts: Iterable[Part]) -> dict[tuple[str, str, int], Part]:
    return {(part.roll_id, part.camera_id, part.stretch): part for part in parts}


def _nothing(roll_id: str, camera_id: str, stretch: int, at: str) -> Part:
    return Part(roll_id, camera_id, stretch, 0.0, at, at)
