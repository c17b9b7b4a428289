"""Which recipe a new roll is judged by: the version activated last, else the file, else the built-in default.

An activated recipe goes before a file of its name, so that nobody changes what is in force by changing a file.
"""

from dataclasses import dataclass
from pathlib import Path

from inspection.recipe import Recipe, default_recipe
from service.calibrations import recipe_file, recipe_from, recipe_text
from service.store.activations import activated_text
from service.store.connection import Connection


@dataclass(frozen=True)
class RecipeInForce:
    """A recipe and its text, which is None of the built-in default."""

    recipe: Recipe
    text: str | None


def recipe_in_force(connection: Connection, data_dir: Path, name: str) -> RecipeInForce:
    """Return the recipe that a roll opened now is judged by.

    Raises
    ------
    RecipeError
        There is no such recipe, or it cannot be judged by.
    """
    text = activated_text(connection, name) or recipe_text(data_dir, name)
    return RecipeInForce(recipe_from(text, name), text)


def is_recipe(connection: Connection, data_dir: Path, name: str) -> bool:
    """Tell whether there is a recipe of that name, good or damaged."""
    built_in = name == default_recipe().name
    return built_in or recipe_file(data_dir, name).exists() or activated_text(connection, name) is not None
