"""What is asked of a roll's lanes."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request

from service.rollbook.lanes import LanesOfRoll, lanes_of_roll
from service.schemas import RollId, refusals
from service.station import Station

router = APIRouter(tags=["rolls"])


@router.get("/v1/rolls/{roll_id}/lanes", response_model=LanesOfRoll, responses=refusals(404))
def lanes(
    roll_id: RollId,
    request: Request,
    per_m: Annotated[int, Query(ge=1, le=10_000, description="Metres in a bin of the series.")] = 1,
) -> LanesOfRoll:
    """Tell widths, edges, gaps, waviness and patches of a roll's lanes: capability, charts, series, faults."""
    station: Station = request.app.state.station
    return station.store.read_long(partial(lanes_of_roll, roll_id=roll_id, per_m=per_m))
