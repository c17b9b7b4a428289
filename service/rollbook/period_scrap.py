"""Scrap, cost and CO2e of all that ran in a period, by roll, lane, shift or day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal, TypeAlias

from inspection.roll.factors import Factors
from service.errors import PeriodTooLong
from service.factors import heading_for
from service.rollbook.quality import JudgedRoll, judged_roll
from service.rollbook.scrap import ScrapRow, accounts, lane_name, scrap_row, total_of
from service.shifts import Shifts, shift_of
from service.store import coverage, webs
from service.store.connection import Connection
from service.store.entries import stamp

By: TypeAlias = Literal["roll", "lane", "shift", "day"]


@dataclass(frozen=True)
class PeriodScrap:
    """What became of the web that ran in a period.

    Attributes
    ----------
    since, until : datetime
    by : {"roll", "lane", "shift", "day"}
    rolls : int
        Of which some ran then.
    total : ScrapRow
    rows : tuple of ScrapRow
        In the order in which they ran; lanes in theirs.
    """

    since: datetime
    until: datetime
    by: By
    rolls: int
    total: ScrapRow
    rows: tuple[ScrapRow, ...]


@dataclass(frozen=True)
class Period:
    """What is asked: a time, and by what to tell its web apart; days and shifts are the plant's."""

    since: datetime
    until: datetime
    by: By
    shifts: Shifts


def period_scrap(
    connection: Connection,
    period: Period,
    factors: Mapping[str, Factors],
    *,
    most_rolls: int | None = None,
    counted: Callable[[int, int], None] | None = None,
) -> PeriodScrap:
    """Count the square metres that ran in a period.

    Parameters
    ----------
    connection : Connection
    period : Period
    factors : mapping of str to Factors
    most_rolls : int, optional
        Refuse to count more.
    counted : callable, optional
        Called with how many rolls were counted, and of how many.

    Raises
    ------
    PeriodTooLong
        More than `most_rolls` ran then.
    RecipeError
        A roll's recipe cannot be read by this release.
    """
    rolls = coverage.rolls_within(connection, stamp(period.since), stamp(period.until))
    if most_rolls is not None and len(rolls) > most_rolls:
        raise PeriodTooLong(
            f"expected a period of at most {most_rolls} rolls, got one of {len(rolls)}: ask for a shorter one, or use "
            "coatsight roll scrap, which counts beside the station"
        )
    rows: dict[str, ScrapRow] = {}
    ran = 0
    for done, roll_id in enumerate(rolls, 1):
        of_roll = list(_rows_of_roll(connection, roll_id, period, factors))
        ran += bool(of_roll)
        for row in of_roll:
            rows[row.of] = rows[row.of] + row if row.of in rows else row
        if counted:
            counted(done, len(rolls))
    told = tuple(rows.values() if period.by == "roll" else sorted(rows.values(), key=lambda row: (len(row.of), row.of)))
    return PeriodScrap(period.since, period.until, period.by, ran, total_of("the whole period", told), told)


def _rows_of_roll(
    connection: Connection, roll_id: str, period: Period, factors: Mapping[str, Factors]
) -> Iterator[ScrapRow]:
    ran = _ran(connection, roll_id)
    if not any(period.since <= moment < period.until for _, moment in ran):
        return
    judged = judged_roll(connection, roll_id)
    of_product = factors[heading_for(factors, judged.faulty.seen.entry.product)]
    spans = list(_spans(ran, judged, period))
    for account in accounts(judged):
        for when, start, end in spans:
            name = {"roll": roll_id, "lane": lane_name(account)}.get(period.by, when)
            yield scrap_row(name, account.areas(start, end), of_product)


def _ran(connection: Connection, roll_id: str) -> list[tuple[float, datetime]]:
    """Tell when each metre of a roll ran first: where it begins, in mm, and the moment; along the web."""
    moments: dict[int, str] = {}
    for each in webs.metres_of(connection, roll_id):
        moments[each.metre] = min(each.first_at, moments.get(each.metre, each.first_at))
    return [(1e3 * metre, datetime.fromisoformat(moments[metre])) for metre in sorted(moments)]


def _spans(
    ran: Sequence[tuple[float, datetime]], judged: JudgedRoll, period: Period
) -> Iterator[tuple[str, float, float]]:
    """Cut a roll into what ran in each day or shift of the period; web that nobody saw ran with what is before it."""
    extent = judged.faulty.extent
    # Of cameras that begin or end on other lines, one saw metres that lie beyond the roll's ends.
    inner = (min(max(start, extent.from_mm), extent.to_mm) for start, _ in ran[1:])
    starts = [extent.from_mm, *inner, extent.to_mm]
    names = [*_names([moment for _, moment in ran], period), None]
    for name, same in groupby(range(len(ran)), key=lambda n: names[n]):
        if name is not None:
            places = list(same)
            yield name, starts[places[0]], starts[places[-1] + 1]


def _names(moments: Iterable[datetime], period: Period) -> Iterator[str | None]:
    """Name the shift or the day of each moment; None outside the period."""
    shift = None
    for moment in moments:
        if not period.since <= moment < period.until:
            yield None
        elif period.by == "shift":
            if shift is None or not shift.begins_at <= moment < shift.ends_at:
                shift = shift_of(moment, period.shifts)
            yield shift.told
        else:
            yield str(moment.astimezone(period.shifts.zone).date()) if period.by == "day" else ""
