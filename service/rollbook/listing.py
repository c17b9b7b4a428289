"""The list of rolls, newest first, a page at a time."""

from dataclasses import dataclass
from typing import Literal

from inspection.record import ModelRef, RecipeRef
from service.cursors import cursor_of, place_of
from service.store.connection import Connection
from service.store.roll_list import ListedRoll, RollFilter, listed


@dataclass(frozen=True)
class RollLine:
    """What a roll was opened with, and whether it was closed.

    Attributes
    ----------
    roll_id : str
    state : {"open", "closed"}
    product, order_number : str or None
        None where nobody told.
    recipe : RecipeRef
        That it is judged by.
    model : ModelRef
        That names its defects.
    opened_at : str
    opened_by : str or None
        None: its first frame did.
    closed_at, closed_by : str or None
        None of an open roll.
    """

    roll_id: str
    state: Literal["open", "closed"]
    product: str | None
    order_number: str | None
    recipe: RecipeRef
    model: ModelRef
    opened_at: str
    opened_by: str | None
    closed_at: str | None
    closed_by: str | None


@dataclass(frozen=True)
class RollPage:
    """Some rolls; `next_after` asks for those that follow, None on the last page."""

    rolls: tuple[RollLine, ...]
    next_after: str | None


def roll_page(connection: Connection, wanted: RollFilter, limit: int, after: str | None = None) -> RollPage:
    """List rolls, those opened last first.

    Raises
    ------
    UnknownPage
        No page told `after`.
    """
    place = place_of(after, 2) if after is not None else None
    # One more than wanted tells whether another page follows.
    found = listed(connection, wanted, limit + 1, (place[0], place[1]) if place else None)
    shown = found[:limit]
    last = shown[-1].entry if len(found) > limit else None
    return RollPage(tuple(map(line_of, shown)), cursor_of(last.opened_at, last.roll_id) if last else None)


def line_of(roll: ListedRoll) -> RollLine:
    """Make a line of the list."""
    entry, closed = roll.entry, roll.closed
    return RollLine(
        roll_id=entry.roll_id,
        state="closed" if closed else "open",
        product=entry.product,
        order_number=entry.order_number,
        recipe=RecipeRef(entry.recipe_name, entry.recipe_version),
        model=ModelRef(entry.model_name, entry.model_version, entry.model_sha256),
        opened_at=entry.opened_at,
        opened_by=entry.opened_by,
        closed_at=closed.closed_at if closed else None,
        closed_by=closed.closed_by if closed else None,
    )
