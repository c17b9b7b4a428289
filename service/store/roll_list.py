"""The list of rolls, newest first, a page at a time."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_

from service.store.entries import ClosedRoll, RollEntry
from service.store.tables import closed_rolls, rolls

Place: TypeAlias = tuple[str, str]
"""Where a roll stands in the list: when it was opened, and its id."""


@dataclass(frozen=True)
class RollFilter:
    """Which rolls are wanted; what is None is any.

    Attributes
    ----------
    state : {"open", "closed"} or None
    product, recipe, order_number : str or None
    text : str or None
        Part of the id, in small or capital letters.
    since, until : str or None
        Opened from the one moment on and before the other, as stamps.
    """

    state: Literal["open", "closed"] | None = None
    product: str | None = None
    recipe: str | None = None
    order_number: str | None = None
    text: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class ListedRoll:
    """A roll as it was opened, and its closing, None of an open one."""

    entry: RollEntry
    closed: ClosedRoll | None


def listed(connection: Connection, wanted: RollFilter, limit: int, after: Place | None = None) -> list[ListedRoll]:
    """List rolls, those opened last first.

    Parameters
    ----------
    connection : Connection
    wanted : RollFilter
    limit : int
    after : tuple of (str, str), optional
        Only those that stand behind this place.
    """
    place = rolls.c.opened_at, rolls.c.roll_id
    question = _WITH_CLOSING.where(*_conditions(wanted)).order_by(*(each.desc() for each in place)).limit(limit)
    if after:
        question = question.where(tuple_(*place) < tuple_(*after))
    return [_listed(row) for row in connection.execute(question)]


def one_listed(connection: Connection, roll_id: str) -> ListedRoll | None:
    """Return one roll as the list has it, None where there is none."""
    row = connection.execute(_WITH_CLOSING.where(rolls.c.roll_id == roll_id)).one_or_none()
    return _listed(row) if row else None


_CLOSING = closed_rolls.c.closed_at, closed_rolls.c.closed_by
_WITH_CLOSING = select(rolls, *_CLOSING).join_from(rolls, closed_rolls, isouter=True)


def _conditions(wanted: RollFilter) -> list[ColumnElement[bool]]:
    columns = rolls.c
    asked = {
        columns.product: wanted.product,
        columns.recipe_name: wanted.recipe,
        columns.order_number: wanted.order_number,
    }
    conditions = [column == value for column, value in asked.items() if value is not None]
    if wanted.state:
        is_open = closed_rolls.c.closed_at.is_(None)
        conditions.append(is_open if wanted.state == "open" else ~is_open)
    if wanted.text is not None:
        conditions.append(columns.roll_id.icontains(wanted.text, autoescape=True))
    if wanted.since is not None:
        conditions.append(columns.opened_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.opened_at < wanted.until)
    return conditions


def _listed(row: Row[*tuple[Any, ...]]) -> ListedRoll:
    told = dict(row._mapping)
    closed_at, closed_by = told.pop("closed_at"), told.pop("closed_by")
    entry = RollEntry(**told)
    return ListedRoll(entry, ClosedRoll(entry.roll_id, closed_at, closed_by) if closed_at else None)
