"""`coatsight roll scrap` and `factors`: square metres, what they cost and stand for in CO2e, and by which figures."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from inspection.errors import InputError
from inspection.roll.factors import DEFAULT, Range
from inspection.roll.footprint import Footprint
from service.commands.terminal import print_json, print_table, progress, say
from service.factors import factors_in
from service.rollbook.period_scrap import By, Period, period_scrap
from service.rollbook.scrap import AvoidableRow, ScrapRow, roll_scrap
from service.settings import Settings
from service.shifts import Shifts
from service.store.beside import reading

_HEADINGS = ("", "inspected m2", "rejected m2", "not inspected m2", "held m2", "EUR rejected", "kg CO2e rejected")
_BYS: Final[tuple[By, ...]] = ("roll", "lane", "shift", "day")
_AVOIDABLE = ("lane", "what went on", "from m", "to m", "m2", "EUR", "kg CO2e")


def of_roll(roll_id: str, data: Path, *, json: bool) -> int:
    """Count one roll's square metres by lane."""
    with reading(data) as connection:
        told = roll_scrap(connection, roll_id, factors_in(data))
    if json:
        print_json(asdict(told))
        return 0
    _print_rows((*told.lanes, told.total), f"roll {roll_id}, counted with the factors of {told.factors_of}")
    if told.avoidable:
        rows = map(_avoidable_row, told.avoidable)
        print_table(_AVOIDABLE, rows, title="good, had the line been stopped a metre after it began")
    for lane in told.unmeasured_lanes:
        say(f"{lane}: nobody measured its width, so that it counts as nothing")
    return 0


def of_period(data: Path, since: str | None, until: str | None, by: str, *, json: bool) -> int:
    """Count the square metres that ran in a period."""
    period = _period(data, since, until, by)
    with reading(data) as connection, progress() as bar:
        task = bar.add_task("rolls", total=None)
        told = period_scrap(
            connection,
            period,
            factors_in(data),
            counted=lambda done, of: bar.update(task, completed=done, total=of),
        )
    if json:
        print_json(asdict(told) | {"since": told.since.isoformat(), "until": told.until.isoformat()})
    else:
        _print_rows(
            (*told.rows, told.total), f"{told.rolls} rolls, {told.since:%F %H:%M %z} to {told.until:%F %H:%M %z}"
        )
    return 0


def factors(data: Path, product: str | None, *, json: bool) -> int:
    """Show what is counted with."""
    known = factors_in(data)
    if product is not None and product not in known:
        say(f"no factors of {product}'s own in {data / 'factors.toml'}: those under {DEFAULT} hold")
    told = known if product is None else {product: known.get(product, known[DEFAULT])}
    if json:
        print_json({name: asdict(each) for name, each in told.items()})
        return 0
    rows = [
        (
            name,
            field.name,
            *(f"{getattr(factor, part):g}" for part in ("low", "mid", "high")),
            factor.unit,
            factor.source,
        )
        for name, each in told.items()
        for field in fields(each)
        for factor in [getattr(each, field.name)]
    ]
    print_table(("product", "factor", "low", "mid", "high", "unit", "source"), rows)
    for name, each in told.items():
        say(f"{name}: {_range(each.kg_co2e_per_m2)} kg CO2e and {_range(each.eur_per_m2)} EUR per m2")
    return 0


def _print_rows(rows: Iterable[ScrapRow], title: str) -> None:
    print_table(_HEADINGS, [_row(row) for row in rows], title=title)


def _avoidable_row(each: AvoidableRow) -> tuple[str, ...]:
    lane = "" if each.lane is None else str(each.lane)
    return lane, each.why, f"{each.from_m:.1f}", f"{each.to_m:.1f}", *_amount(each.saved)


def _row(row: ScrapRow) -> tuple[str, ...]:
    rejected, eur, kg = _amount(row.rejected)
    return row.of, f"{row.inspected_m2:.2f}", rejected, f"{row.not_inspected.m2:.2f}", f"{row.held.m2:.2f}", eur, kg


def _amount(amount: Footprint) -> tuple[str, str, str]:
    return f"{amount.m2:.2f}", _range(amount.eur), _range(amount.kg_co2e)


def _range(told: Range) -> str:
    return f"{told.low:.1f} / {told.mid:.1f} / {told.high:.1f}"


def _period(data: Path, since: str | None, until: str | None, by: str) -> Period:
    apart: By | None = next((each for each in _BYS if each == by), None)
    if apart is None:
        raise InputError(f"expected --by {', '.join(_BYS)}, got {by!r}")
    shifts = Settings(data_dir=data).shift_plan
    end = _moment("--until", until, shifts) if until else datetime.now(UTC)
    begin = _moment("--since", since, shifts) if since else _midnight(end, shifts)
    return Period(begin.astimezone(shifts.zone), end.astimezone(shifts.zone), apart, shifts)


def _moment(name: str, told: str, shifts: Shifts) -> datetime:
    """Read a day or a moment; one without an offset is by the plant's clock."""
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        raise InputError(f"expected {name} like 2030-01-31 or 2030-01-31T08:00:00Z, got {told!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=shifts.zone)


def _midnight(moment: datetime, shifts: Shifts) -> datetime:
    return moment.astimezone(shifts.zone).replace(hour=0, minute=0, second=0, microsecond=0)
