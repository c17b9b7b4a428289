"""A roll that was inspected, under another recipe; nothing is changed."""

import asyncio
from functools import partial

from fastapi import APIRouter, Request, Response

from inspection.recipe_check import check_recipe
from service.api.recipes import RecipeText
from service.api.small_bodies import SMALL_BODY_REFUSALS, small_json, small_json_asked
from service.dry_runs import DryRuns
from service.errors import UnusableRecipe
from service.rollbook.dry_run import roll_with_frames
from service.rollbook.dry_run_answers import DryRun
from service.schemas import RollId, refusals
from service.station import Station

router = APIRouter(tags=["recipes"])


@router.post(
    "/v1/rolls/{roll_id}/dry-run",
    response_model=DryRun,
    responses=SMALL_BODY_REFUSALS | refusals(404, 504),
    openapi_extra=small_json_asked(RecipeText),
)
async def dry_run(roll_id: RollId, request: Request) -> Response:
    """Tell which frames and metres of a roll another recipe would judge otherwise; one at a time may be asked."""
    station: Station = request.app.state.station
    dry_runs: DryRuns = request.app.state.dry_runs
    asked = await small_json(request, RecipeText)
    if problems := (await asyncio.to_thread(check_recipe, asked.text)).problems:
        raise UnusableRecipe(str(problems[0]))
    await asyncio.to_thread(station.store.read, partial(roll_with_frames, roll_id=roll_id))
    return Response(await dry_runs.run(roll_id, asked.text), media_type="application/json")
