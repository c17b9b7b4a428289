"""Recipes as they are kept: each version's text for ever, and every activation; triggers refuse all else."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from service.errors import VersionTaken
from service.store.audit import Actor, audit
from service.store.entries import stamp
from service.store.tables import recipe_activations, recipes


@dataclass(frozen=True)
class KeptRecipe:
    """A version of a recipe; `product` is None where it is for any."""

    name: str
    version: int
    product: str | None
    text: str
    kept_at: str


@dataclass(frozen=True)
class Activation:
    """That a version of a recipe was taken for the rolls to come: by whom, when and why."""

    id: int
    name: str
    version: int
    at: str
    by: str
    why: str


def kept_recipe(connection: Connection, name: str, version: int) -> KeptRecipe | None:
    """Return a version of a recipe, None where there is none."""
    row = connection.execute(select(recipes).filter_by(name=name, version=version)).one_or_none()
    return KeptRecipe(**row._mapping) if row else None


def keep_recipe(connection: Connection, kept: KeptRecipe) -> None:
    """Keep a version of a recipe; the same text may come again.

    Raises
    ------
    VersionTaken
        The version stands for another text.
    """
    there = kept_recipe(connection, kept.name, kept.version)
    if there is None:
        connection.execute(insert(recipes), asdict(kept))
    elif there.text != kept.text:
        raise VersionTaken(
            f"expected the text that version {kept.version} of {kept.name} stands for since {there.kept_at}, "
            "got another: raise the version"
        )


def activate_version(
    connection: Connection, name: str, version: int, *, why: str, actor: Actor, at: datetime
) -> Activation:
    """Take a kept version for the rolls to come."""
    told = {"name": name, "version": version, "at": stamp(at), "by": actor.told, "why": why}
    number = connection.scalar(insert(recipe_activations).returning(recipe_activations.c.id), told)
    audit(connection, actor, "recipe activated", f"recipe {name}", at=at, version=version, why=why)
    return Activation(number or 0, name, version, stamp(at), actor.told, why)


def newest_activation(connection: Connection, name: str) -> Activation | None:
    """Return what was activated last of a recipe, None where nothing was."""
    found = activations(connection, name, 1)
    return found[0] if found else None


def activations(connection: Connection, name: str, limit: int) -> list[Activation]:
    """List the activations of a recipe, the latest first."""
    question = select(recipe_activations).filter_by(name=name).order_by(recipe_activations.c.id.desc()).limit(limit)
    return [Activation(**row._mapping) for row in connection.execute(question)]


def newest_versions(connection: Connection, limit: int, after: str = "") -> list[KeptRecipe]:
    """List the recipes in the order of their names, each with its newest version.

    Parameters
    ----------
    connection : Connection
    limit : int
    after : str
        Only names behind this one.
    """
    columns = recipes.c
    newest = select(columns.name, func.max(columns.version).label("version")).where(columns.name > after)
    found = newest.group_by(columns.name).order_by(columns.name).limit(limit).subquery()
    same = (found.c.name == columns.name) & (found.c.version == columns.version)
    rows = connection.execute(select(recipes).join(found, same).order_by(columns.name))
    return [KeptRecipe(**row._mapping) for row in rows]


def versions(connection: Connection, name: str, limit: int) -> list[KeptRecipe]:
    """List the versions of a recipe, the newest first."""
    question = select(recipes).filter_by(name=name).order_by(recipes.c.version.desc()).limit(limit)
    return [KeptRecipe(**row._mapping) for row in connection.execute(question)]
