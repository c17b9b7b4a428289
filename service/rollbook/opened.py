"""A roll as it was opened: what everything else about it is read by."""

from dataclasses import dataclass

from inspection.recipe import Recipe
from service.calibrations import recipe_from
from service.errors import UnknownRoll
from service.store import reads
from service.store.connection import Connection
from service.store.entries import RollEntry


@dataclass(frozen=True)
class OpenedRoll:
    """A roll and the recipe that it is judged by."""

    entry: RollEntry
    recipe: Recipe


def opened_roll(connection: Connection, roll_id: str) -> OpenedRoll:
    """Return a roll as it was opened.

    Raises
    ------
    UnknownRoll
        Nobody opened it and no frame was sent of it.
    RecipeError
        Its recipe cannot be read by this release.
    """
    entry = reads.roll(connection, roll_id)
    if entry is None:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {roll_id}")
    return OpenedRoll(entry, recipe_from(entry.recipe_text, entry.recipe_name))
