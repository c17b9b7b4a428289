"""The life of a roll: opened, listed, shown, closed; and which of its web was not inspected."""

import asyncio
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from service.api.actors import actor_of
from service.api.small_bodies import SMALL_BODY_REFUSALS, small_json, small_json_asked
from service.cursors import CURSOR_PATTERN
from service.errors import UnknownRoll
from service.frame_query import ROLL_PATTERN, Moment
from service.openings import RollOpening
from service.rollbook.card import RollCard, roll_card
from service.rollbook.listing import RollPage, roll_page
from service.rollbook.not_inspected import CameraLost, lost_of
from service.schemas import CameraStretches, NotInspectedAnswer, RollId, StretchAnswer, refusals
from service.station import Station
from service.store.entries import stamp
from service.store.roll_list import RollFilter
from service.stretches import Stretch

Words = Annotated[str | None, Query(min_length=1, max_length=128, pattern=ROLL_PATTERN)]
After = Annotated[str | None, Query(pattern=CURSOR_PATTERN, description="`next_after` of the page before.")]

router = APIRouter(tags=["rolls"])


@router.post(
    "/v1/rolls",
    response_model=RollCard,
    responses=SMALL_BODY_REFUSALS | refusals(404, 409),
    openapi_extra=small_json_asked(RollOpening),
)
async def open_roll(request: Request) -> RollCard:
    """Open a roll before its first frame; asked again with the same, it answers the same.

    What it is judged by is pinned now: the recipe in force and the model in use.
    """
    station: Station = request.app.state.station
    opening = await small_json(request, RollOpening)
    await asyncio.to_thread(station.rolls.open, opening, actor_of(request))
    return await asyncio.to_thread(station.store.read, partial(roll_card, roll_id=opening.roll_id))


@router.post("/v1/rolls/{roll_id}/close", response_model=RollCard, responses=refusals(404, 409))
async def close_roll(roll_id: RollId, request: Request) -> RollCard:
    """Close a roll for ever: frames that come later are refused, and count as not inspected."""
    station: Station = request.app.state.station
    await station.close_roll(roll_id, actor_of(request))
    return await asyncio.to_thread(station.store.read, partial(roll_card, roll_id=roll_id))


@router.get("/v1/rolls", response_model=RollPage, responses=refusals(404))
def list_rolls(
    request: Request,
    state: Literal["open", "closed"] | None = None,
    product: Words = None,
    recipe: Words = None,
    order_number: Words = None,
    text: Annotated[Words, Query(description="Part of the id, in small or capital letters.")] = None,
    since: Annotated[Moment | None, Query(description="Opened from then on, RFC 3339.")] = None,
    until: Annotated[Moment | None, Query(description="Opened before then.")] = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RollPage:
    """List rolls, those opened last first; `next_after` asks for the next page."""
    station: Station = request.app.state.station
    wanted = RollFilter(
        state=state,
        product=product,
        recipe=recipe,
        order_number=order_number,
        text=text,
        since=stamp(since) if since else None,
        until=stamp(until) if until else None,
    )
    return station.store.read(partial(roll_page, wanted=wanted, limit=limit, after=after))


@router.get("/v1/rolls/{roll_id}", response_model=RollCard, responses=refusals(404))
def show_roll(roll_id: RollId, request: Request) -> RollCard:
    """Show a roll at a glance: what it was opened with, how much of it was seen, what is doubtful."""
    station: Station = request.app.state.station
    return station.store.read(partial(roll_card, roll_id=roll_id))


@router.get("/v1/rolls/{roll_id}/not-inspected", response_model=NotInspectedAnswer, responses=refusals(404))
def not_inspected(roll_id: RollId, request: Request) -> NotInspectedAnswer:
    """Tell what was refused, lost or never sent of a roll, by camera and in metres of web."""
    station: Station = request.app.state.station
    lost = station.store.read(partial(lost_of, roll_id=roll_id))
    if not lost:
        raise UnknownRoll(f"expected a roll that frames were sent of, there were none of {roll_id}")
    return NotInspectedAnswer(roll_id=roll_id, cameras=[_of_camera(each) for each in lost])


def _of_camera(lost: CameraLost) -> CameraStretches:
    return CameraStretches(
        camera_id=lost.camera_id,
        frames=lost.frames,
        metres=round(lost.metres, 4),
        stretches=[_answer(each) for each in lost.stretches],
    )


def _answer(stretch: Stretch) -> StretchAnswer:
    return StretchAnswer(
        first_sequence=stretch.first,
        last_sequence=stretch.last,
        from_m=None if stretch.from_mm is None else round(stretch.from_mm / 1e3, 4),
        to_m=None if stretch.to_mm is None else round(stretch.to_mm / 1e3, 4),
        causes=dict(stretch.causes),
    )
