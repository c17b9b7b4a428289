"""Recipes: which there are and which is in force, what each version says, checking one and activating one."""

import asyncio
from functools import partial
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from inspection.recipe_check import check_recipe
from inspection.recipe_problems import RecipeProblem
from service.api.actors import actor_of
from service.api.small_bodies import SMALL_BODY_REFUSALS, small_json, small_json_asked
from service.recipebook.activating import Activated, activate
from service.recipebook.shelf import RecipeEntry, RecipeHistory, RecipeRead, list_recipes, read_version, recipe_history
from service.schemas import refusals
from service.settings import NAME_PATTERN
from service.station import Station

Name: TypeAlias = Annotated[str, Path(pattern=NAME_PATTERN, description="The recipe's name.")]
Version: TypeAlias = Annotated[int, Path(ge=1, le=2**31 - 1)]

LONGEST_TEXT = 100_000

router = APIRouter(tags=["recipes"])


class RecipeText(BaseModel):
    """A recipe as it was written."""

    text: str = Field(max_length=LONGEST_TEXT, description="TOML.")


class RecipeToActivate(RecipeText):
    """A recipe for the rolls to come."""

    why: str = Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")


class RecipeCheckAnswer(BaseModel):
    """What is wrong with a recipe, and which of its rules can never decide anything."""

    ok: bool
    name: str | None
    version: int | None
    problems: list[RecipeProblem]
    warnings: list[RecipeProblem]


@router.get("/v1/recipes", response_model=list[RecipeEntry])
def list_all(
    request: Request,
    after: Annotated[str | None, Query(pattern=NAME_PATTERN, description="Only names behind this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[RecipeEntry]:
    """List the recipes that were activated, in the order of their names, and which version is in force."""
    station: Station = request.app.state.station
    return station.store.read(partial(list_recipes, limit=limit, after=after or ""))


@router.get("/v1/recipes/{name}", response_model=RecipeHistory, responses=refusals(404))
def show_history(name: Name, request: Request) -> RecipeHistory:
    """Tell a recipe's versions and activations, the latest first."""
    station: Station = request.app.state.station
    return station.store.read(partial(recipe_history, name=name))


@router.get("/v1/recipes/{name}/{version}", response_model=RecipeRead, responses=refusals(404))
def show_version(name: Name, version: Version, request: Request) -> RecipeRead:
    """Tell a version's text, and what it says with everything filled in that it leaves out."""
    station: Station = request.app.state.station
    return station.store.read(partial(read_version, name=name, version=version))


@router.post(
    "/v1/recipes/check",
    response_model=RecipeCheckAnswer,
    responses=SMALL_BODY_REFUSALS,
    openapi_extra=small_json_asked(RecipeText),
)
async def check(request: Request) -> RecipeCheckAnswer:
    """Tell every problem of a recipe, with its key and what would be right."""
    asked = await small_json(request, RecipeText)
    seen = await asyncio.to_thread(check_recipe, asked.text)
    return RecipeCheckAnswer(
        ok=seen.recipe is not None,
        name=seen.recipe.name if seen.recipe else None,
        version=seen.recipe.version if seen.recipe else None,
        problems=list(seen.problems),
        warnings=list(seen.warnings),
    )


@router.post(
    "/v1/recipes",
    response_model=Activated,
    responses=SMALL_BODY_REFUSALS | refusals(409),
    openapi_extra=small_json_asked(RecipeToActivate),
)
async def activate_recipe(request: Request) -> Activated:
    """Take a recipe for the rolls to come; its text is kept for ever, and open rolls keep theirs."""
    station: Station = request.app.state.station
    asked = await small_json(request, RecipeToActivate)
    change = partial(activate, text=asked.text, why=asked.why.strip(), actor=actor_of(request), at=station.clock())
    return await asyncio.wrap_future(station.store.change(change))
