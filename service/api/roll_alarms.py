"""What is asked of a roll that runs: its alarms, and what repeats on it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request

from service.rollbook.alarms import AlarmPage, alarms_of_roll
from service.rollbook.repeats import RollRepeats, repeats_of_roll
from service.schemas import RollId, refusals
from service.station import Station

_LARGEST_NUMBER = 2**31 - 1
_LONGEST_MM = 1e9

router = APIRouter(tags=["rolls"])


@router.get("/v1/rolls/{roll_id}/alarms", response_model=AlarmPage, responses=refusals(404))
def list_alarms(
    roll_id: RollId,
    request: Request,
    after: Annotated[int, Query(ge=0, le=_LARGEST_NUMBER, description="Only alarms with a larger id.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlarmPage:
    """List a roll's alarms, the oldest first; `next_after` asks for the next page."""
    station: Station = request.app.state.station
    return station.store.read(partial(alarms_of_roll, roll_id=roll_id, after=after, limit=limit))


@router.get("/v1/rolls/{roll_id}/repeats", response_model=RollRepeats, responses=refusals(404))
def list_repeats(
    roll_id: RollId,
    request: Request,
    from_mm: Annotated[float, Query(ge=0, le=_LONGEST_MM, description="Search the web from here on.")] = 0.0,
) -> RollRepeats:
    """Find what repeats on a roll: pitch with its error, and which roller turns so.

    At most 100,000 defects are searched; where there are more, `next_from_mm` asks for the web behind them.
    """
    station: Station = request.app.state.station
    return station.store.read_long(partial(repeats_of_roll, roll_id=roll_id, from_mm=from_mm))
