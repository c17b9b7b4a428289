"""Where a recipe is taken from that somebody names: a file, NAME:VERSION, or the roll that was opened by it."""

import re
from pathlib import Path

from inspection.recipe import Recipe, load_recipe, parse_recipe
from service.calibrations import recipe_from
from service.errors import UnknownRecipe
from service.recipebook.shelf import the_version
from service.store import reads
from service.store.connection import Connection

_VERSION = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([0-9]{1,10})")


def recipe_file(told: str) -> Recipe | None:
    """Read a recipe where its file is named, None where what is named is no file.

    Raises
    ------
    RecipeError
        The file is no recipe.
    """
    path = Path(told)
    return load_recipe(path) if path.is_file() else None


def kept_recipe(connection: Connection, told: str) -> Recipe:
    """Read a recipe that a station keeps: NAME:VERSION, or the id of a roll for the one that it was opened by.

    Raises
    ------
    UnknownRecipe
        There is no such version and no such roll.
    RecipeError
        This release cannot read it.
    """
    if found := _VERSION.fullmatch(told):
        kept = the_version(connection, found[1], int(found[2]))
        return parse_recipe(kept.text, f"recipe {told}")
    roll = reads.roll(connection, told)
    if roll is None:
        raise UnknownRecipe(f"expected a recipe's file, NAME:VERSION or the id of a roll, got {told}: there is none")
    return recipe_from(roll.recipe_text, roll.recipe_name)
