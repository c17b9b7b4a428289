"""Shifts: into which one a moment falls, by the plant's own clock, and a period cut into them.

A shift has the date on which it begins: what was coated at 03:00 by the shift of 22:00 belongs to the day before.
When clocks are put forward or back, the shift of that night is an hour shorter or longer; a beginning that the clock
leaves out lies as much after the jump, one that it shows twice is the first of the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from inspection.errors import InputError

_DAY = timedelta(days=1)
_SHORTEST = timedelta(hours=1)
"""Clocks jump by an hour: beginnings so far apart keep their order."""


@dataclass(frozen=True)
class Shifts:
    """A plant's shifts.

    Attributes
    ----------
    begin_at : tuple of datetime.time
        On every day, in order; at least one.
    zone : datetime.tzinfo
        The plant's.
    """

    begin_at: tuple[time, ...]
    zone: tzinfo


@dataclass(frozen=True)
class Shift:
    """One shift of one day.

    Attributes
    ----------
    name : str
        When it begins by the plant's clock, as 06:00.
    begins_at, ends_at : datetime
        With the plant's offset; the end is the next one's beginning.
    """

    name: str
    begins_at: datetime
    ends_at: datetime

    @property
    def date(self) -> date:
        """The day on which it begins, by the plant's clock."""
        return self.begins_at.date()

    @property
    def told(self) -> str:
        """Date and name, as 2030-01-31 06:00."""
        return f"{self.date} {self.name}"


def parse_shifts(beginnings: str, zone: str) -> Shifts:
    """Read a plant's shifts.

    Parameters
    ----------
    beginnings : str
        As `06:00 14:00 22:00`, in any order.
    zone : str
        Name in the IANA time zone database, as Europe/Berlin.

    Raises
    ------
    InputError
        Not times of a day, none, two within an hour, or no such zone.
    """
    begin_at = sorted(_time(told) for told in beginnings.split())
    if not begin_at:
        raise InputError("expected the beginnings of shifts as 06:00 14:00 22:00, got none: give at least one")
    for one, other in pairwise((*begin_at, begin_at[0])):
        if len(begin_at) > 1 and _between(one, other) < _SHORTEST:
            raise InputError(f"expected shifts of an hour or more, got {one:%H:%M} and {other:%H:%M}: leave one out")
    return Shifts(tuple(begin_at), _zone(zone))


def shift_of(moment: datetime, shifts: Shifts) -> Shift:
    """Tell into which shift an aware moment falls."""
    today = moment.astimezone(shifts.zone).date()
    around = _shifts_of_days(today - _DAY, today + _DAY, shifts)
    return next(shift for shift in around if shift.begins_at <= moment < shift.ends_at)


def shifts_between(since: datetime, until: datetime, shifts: Shifts) -> list[Shift]:
    """List the shifts of which something lies between two aware moments, in order; the first and last are whole."""
    first, last = (moment.astimezone(shifts.zone).date() for moment in (since, until))
    around = _shifts_of_days(first - _DAY, last, shifts)
    return [shift for shift in around if since < shift.ends_at and shift.begins_at < until]


def _shifts_of_days(first: date, last: date, shifts: Shifts) -> Iterator[Shift]:
    """Give the shifts that begin on these days; one that a jump of the clock leaves no time for is empty."""
    days = (first + n * _DAY for n in range((last - first).days + 2))
    beginnings = [(at, _moment(day, at, shifts.zone)) for day in days for at in shifts.begin_at]
    for (at, begins_at), (_, ends_at) in pairwise(beginnings):
        yield Shift(f"{at:%H:%M}", begins_at, ends_at)


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    """When the clock shows a time: by way of UTC, so that a time which it leaves out becomes one that it shows.

    The offset is fixed: moments of one zone are otherwise compared by what the clock shows, an hour wrong in the
    night when it shows an hour twice.
    """
    moment = datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
    return datetime.fromisoformat(moment.isoformat())


def _between(one: time, other: time) -> timedelta:
    """From one time of day to the next other one."""
    midnight = date(2000, 1, 1)
    return (datetime.combine(midnight, other) - datetime.combine(midnight, one)) % _DAY


def _time(told: str) -> time:
    try:
        return datetime.strptime(told, "%H:%M").time()
    except ValueError:
        raise InputError(f"expected the beginning of a shift as 06:00, got {told!r}: give hours and minutes") from None


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # machines without a time zone database know it too
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"expected a name of the IANA time zone database as Europe/Berlin, got {name!r}: name one"
        ) from None
