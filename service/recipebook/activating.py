"""Activating a recipe: its text is kept for ever, and the next roll is opened by it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from inspection.errors import RecipeError
from inspection.recipe import Recipe, default_recipe, parse_recipe
from inspection.recipe_check import check_recipe
from inspection.recipe_diff import Change, recipe_diff
from service.errors import UnusableRecipe
from service.store import recipes
from service.store.audit import Actor
from service.store.connection import Connection
from service.store.entries import stamp
from service.store.recipes import Activation, KeptRecipe


@dataclass(frozen=True)
class Activated:
    """A recipe that is in force from the next roll on.

    Attributes
    ----------
    activation : Activation
    before : int or None
        The version that was in force; None where none was activated before.
    changes : tuple of Change
        Against the version before; where there was none, against the built-in default.
    warnings : tuple of str
        Rules of it that can never decide anything.
    """

    activation: Activation
    before: int | None
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


def activate(connection: Connection, text: str, why: str, actor: Actor, at: datetime) -> Activated:
    """Keep a recipe and take it for the rolls to come; rolls that are open keep theirs.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    text : str
        TOML.
    why : str
        For the audit trail.
    actor : Actor
    at : datetime

    Raises
    ------
    UnusableRecipe
        The text is no recipe.
    VersionTaken
        The version stands for another text.
    """
    check = check_recipe(text)
    if check.recipe is None:
        raise UnusableRecipe(_refused([str(problem) for problem in check.problems]))
    recipe = check.recipe
    before = recipes.newest_activation(connection, recipe.name)
    changes = recipe_diff(_in_force(connection, before), recipe)
    recipes.keep_recipe(connection, KeptRecipe(recipe.name, recipe.version, recipe.product, text, stamp(at)))
    activation = recipes.activate_version(
        connection, recipe.name, recipe.version, why=why, actor=actor, at=at.astimezone(UTC)
    )
    warnings = tuple(str(warning) for warning in check.warnings)
    return Activated(activation, before.version if before else None, changes, warnings)


def _refused(problems: list[str]) -> str:
    more = f" (the first of {len(problems)} problems)" if len(problems) > 1 else ""
    return f"{problems[0]}{more}"


def _in_force(connection: Connection, before: Activation | None) -> Recipe:
    """What a recipe is compared with; a version that this release cannot read is compared as if it was not there."""
    kept = recipes.kept_recipe(connection, before.name, before.version) if before else None
    try:
        return parse_recipe(kept.text) if kept else default_recipe()
    except RecipeError:
        return default_recipe()
