"""The recipes that are kept: which there are, what each version says, and when which one was in force."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from inspection.recipe import Recipe, parse_recipe
from service.errors import UnknownRecipe
from service.store import recipes
from service.store.connection import Connection
from service.store.recipes import Activation, KeptRecipe

_MOST_ACTIVATIONS = 100
_MOST_VERSIONS = 1000


@dataclass(frozen=True)
class RecipeEntry:
    """A recipe in the list of all: its newest version, and what is in force; None where nothing was activated."""

    name: str
    newest_version: int
    product: str | None
    active: Activation | None


@dataclass(frozen=True)
class RecipeVersion:
    """A version in the list of all versions."""

    version: int
    product: str | None
    kept_at: str


@dataclass(frozen=True)
class RecipeHistory:
    """A recipe's versions and activations, the latest first; of more than a hundred activations the latest."""

    name: str
    versions: tuple[RecipeVersion, ...]
    activations: tuple[Activation, ...]


@dataclass(frozen=True)
class RecipeRead:
    """A version of a recipe: its text, and what it says with everything filled in that it leaves out."""

    name: str
    version: int
    product: str | None
    kept_at: str
    text: str
    parsed: dict[str, Any]


def list_recipes(connection: Connection, limit: int, after: str = "") -> list[RecipeEntry]:
    """List the recipes in the order of their names, from behind a name on."""
    newest = recipes.newest_versions(connection, limit, after)
    return [
        RecipeEntry(each.name, each.version, each.product, recipes.newest_activation(connection, each.name))
        for each in newest
    ]


def recipe_history(connection: Connection, name: str) -> RecipeHistory:
    """Tell a recipe's versions and activations.

    Raises
    ------
    UnknownRecipe
        None of this name was ever activated.
    """
    versions = recipes.versions(connection, name, _MOST_VERSIONS)
    if not versions:
        raise UnknownRecipe(f"expected a recipe that was activated, there is none of the name {name}")
    told = tuple(RecipeVersion(each.version, each.product, each.kept_at) for each in versions)
    return RecipeHistory(name, told, tuple(recipes.activations(connection, name, _MOST_ACTIVATIONS)))


def read_version(connection: Connection, name: str, version: int) -> RecipeRead:
    """Tell what a version says.

    Raises
    ------
    UnknownRecipe
        There is no such version.
    RecipeError
        This release cannot read it.
    """
    kept = the_version(connection, name, version)
    parsed = as_told(parse_recipe(kept.text, f"recipe {name} {version}"))
    return RecipeRead(kept.name, kept.version, kept.product, kept.kept_at, kept.text, parsed)


def the_version(connection: Connection, name: str, version: int | None = None) -> KeptRecipe:
    """Return a version as it is kept; without a number the one that was activated last.

    Raises
    ------
    UnknownRecipe
        There is no such version.
    """
    if version is None and (active := recipes.newest_activation(connection, name)):
        version = active.version
    kept = None if version is None else recipes.kept_recipe(connection, name, version)
    if kept is None:
        which = "any version" if version is None else f"version {version}"
        raise UnknownRecipe(f"expected {which} of recipe {name}, there is none: coatsight recipe list tells which are")
    return kept


def as_told(recipe: Recipe) -> dict[str, Any]:
    """Write a recipe as plain fields for JSON, everything filled in."""
    told: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return told
