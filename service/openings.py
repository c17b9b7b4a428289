"""Opening a roll: what may be told of it, and what it is pinned to then.

What a roll was opened with never changes. Who opens it again with the same is told the same; with anything else, is
refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WithJsonSchema

from inspection.recipe import Recipe
from inspection.record import ModelRef
from service.calibrations import recipe_from
from service.errors import OtherProduct, RollClosed, RollOpened, UnknownRecipe
from service.frame_query import ROLL_PATTERN
from service.recipes_in_force import is_recipe, recipe_in_force
from service.settings import NAME_PATTERN
from service.store.audit import Actor
from service.store.connection import Connection
from service.store.entries import RollEntry, stamp
from service.store.openings import closed_roll, open_roll
from service.store.reads import roll

Words: TypeAlias = Annotated[str, Field(min_length=1, max_length=64, pattern=ROLL_PATTERN)]
Value: TypeAlias = Annotated[str, Field(min_length=1, max_length=256, pattern=ROLL_PATTERN)]
Fields: TypeAlias = Annotated[
    dict[Words, Value],
    Field(max_length=32),
    # Pydantic's own says of names only which ones have a schema, not that there are no others.
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": 32,
            "propertyNames": TypeAdapter(Words).json_schema(),
            "additionalProperties": TypeAdapter(Value).json_schema(),
        }
    ),
]


class RollOpening(BaseModel):
    """What a roll is opened with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roll_id: str = Field(min_length=1, max_length=128, pattern=ROLL_PATTERN, description="As its frames will name it.")
    product: Words | None = Field(None, description="What is coated; else what the recipe is for.")
    recipe: str | None = Field(None, pattern=NAME_PATTERN, description="Name of the recipe; else the station's own.")
    order_number: Words | None = None
    supplier_lots: tuple[Words, ...] = Field((), max_length=32, description="Lots of foil, slurry, binder.")
    fields: Fields = Field({}, description="Whatever else is worth knowing.")

    @property
    def free(self) -> str | None:
        """Lots and fields as they are kept: a JSON object, None where nothing was told."""
        if not (self.supplier_lots or self.fields):
            return None
        told = {"supplier_lots": self.supplier_lots, "fields": self.fields}
        return json.dumps(told, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Free:
    """What was told of a roll in the plant's own words."""

    supplier_lots: tuple[str, ...]
    fields: Mapping[str, str]


def free_of(entry: RollEntry) -> Free:
    """Read lots and fields as they are kept."""
    told = json.loads(entry.fields or "{}")
    return Free(tuple(told.get("supplier_lots", ())), told.get("fields", {}))


@dataclass(frozen=True)
class Pinning:
    """What a station pins new rolls to.

    Attributes
    ----------
    data_dir : Path
        Where recipe files lie.
    default_recipe : str
        Where none is named.
    model : ModelRef
        That the station takes.
    """

    data_dir: Path
    default_recipe: str
    model: ModelRef


def opened_before(connection: Connection, opening: RollOpening, pinning: Pinning) -> RollEntry | None:
    """Return how a roll was opened, None where it was not yet.

    Raises
    ------
    RollOpened
        With something else.
    RollClosed
        It was closed since.
    """
    entry = roll(connection, opening.roll_id)
    if entry is None:
        return None
    if closed := closed_roll(connection, opening.roll_id):
        raise RollClosed(closed.told)
    if not _says_the_same(opening, entry, pinning):
        raise RollOpened(_told(entry))
    return entry


def entry_of(
    connection: Connection, opening: RollOpening, pinning: Pinning, *, at: datetime, by: Actor | None = None
) -> RollEntry:
    """Tell what a new roll is pinned to; `by` is None where its first frame opens it.

    Raises
    ------
    UnknownRecipe
        It is opened by a recipe that is not there.
    OtherProduct
        The recipe is for another product.
    RecipeError
        The recipe cannot be judged by.
    """
    name = opening.recipe or pinning.default_recipe
    if opening.recipe and not is_recipe(connection, pinning.data_dir, name):
        raise UnknownRecipe(f"expected a recipe of this station, there is no {name}: activate it, or name another")
    in_force = recipe_in_force(connection, pinning.data_dir, name)
    return RollEntry(
        roll_id=opening.roll_id,
        opened_at=stamp(at),
        recipe_name=in_force.recipe.name,
        recipe_version=in_force.recipe.version,
        recipe_text=in_force.text,
        model_name=pinning.model.name,
        model_version=pinning.model.version,
        model_sha256=pinning.model.sha256,
        product=_product(opening, in_force.recipe),
        order_number=opening.order_number,
        fields=opening.free,
        opened_by=by.told if by else None,
    )


def _product(opening: RollOpening, recipe: Recipe) -> str | None:
    """What is coated; a recipe for any product leaves it to whoever opens the roll."""
    if opening.product and recipe.product and opening.product != recipe.product:
        raise OtherProduct(
            f"expected a recipe for product {opening.product}, recipe {recipe.name} is for {recipe.product}: "
            f"name a recipe for {opening.product}"
        )
    return opening.product or recipe.product


def _says_the_same(opening: RollOpening, entry: RollEntry, pinning: Pinning) -> bool:
    recipe = opening.recipe or pinning.default_recipe
    product = opening.product or recipe_from(entry.recipe_text, entry.recipe_name).product
    told = product, recipe, opening.order_number, opening.free
    return told == (entry.product, entry.recipe_name, entry.order_number, entry.fields)


def _told(entry: RollEntry) -> str:
    free = free_of(entry)
    others = {"product": entry.product, "order": entry.order_number, "lots": ", ".join(free.supplier_lots)}
    told = "".join(f", {name} {value}" for name, value in {**others, **free.fields}.items() if value)
    return (
        f"expected a roll that is opened with the same or not yet, {entry.roll_id} was opened at {entry.opened_at} by "
        f"{entry.opened_by or 'its first frame'} with recipe {entry.recipe_name} {entry.recipe_version}{told}: "
        "name another roll"
    )


def open_now(connection: Connection, opening: RollOpening, pinning: Pinning, *, at: datetime, by: Actor) -> RollEntry:
    """Open a roll, or return how it was opened, in the caller's transaction.

    Raises
    ------
    RollOpened, RollClosed
        It was opened with something else, or closed since.
    UnknownRecipe, OtherProduct, RecipeError
        No recipe is there, for this product, or to judge by.
    """
    if before := opened_before(connection, opening, pinning):
        return before
    entry = entry_of(connection, opening, pinning, at=at, by=by)
    open_roll(connection, entry, by, at)
    return entry
