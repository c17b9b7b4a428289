"""The map and the statistics of rolls."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from service.api.compact import written
from service.api.defect_query import Metres
from service.frame_query import Moment
from service.rollbook.roll_map import MOST_BINS, RollMap, roll_map
from service.rollbook.statistics import By, Statistics, statistics
from service.schemas import RollId, refusals
from service.station import Station
from service.store.entries import stamp
from service.store.web_sums import RollsAsked

_MAP = TypeAdapter(RollMap)

router = APIRouter(tags=["rolls"])


class MapQuery(BaseModel):
    """The query of a map."""

    model_config = ConfigDict(extra="forbid")

    from_m: Metres | None = Field(None, description="Else where the roll begins.")
    to_m: Metres | None = Field(None, description="Else where it ends.")
    bins: int = Field(150, ge=1, le=MOST_BINS, description="At most; their length is a power of two metres.")


class PeriodQuery(BaseModel):
    """The query of statistics over rolls."""

    model_config = ConfigDict(extra="forbid")

    by: By = By.KIND
    since: Moment | None = Field(None, description="Rolls opened then or later.")
    until: Moment | None = Field(None, description="Rolls opened before.")
    product: str | None = Field(None, min_length=1, max_length=128, description="Rolls of this product alone.")


@router.get("/v1/rolls/{roll_id}/map", response_model=RollMap, responses=refusals(404))
def show_map(roll_id: RollId, query: Annotated[MapQuery, Query()], request: Request) -> Response:
    """Tell how many defects lie where on a roll, what was not inspected, and close by the defects themselves."""
    station: Station = request.app.state.station
    asked = partial(roll_map, roll_id=roll_id, from_m=query.from_m, to_m=query.to_m, bins=query.bins)
    return written(_MAP, station.store.read(asked))


@router.get("/v1/rolls/{roll_id}/statistics", response_model=Statistics, responses=refusals(404))
def roll_statistics(roll_id: RollId, request: Request, by: By = By.KIND) -> Statistics:
    """Count a roll's defects by kind, lane, severity, camera, shift, day or week."""
    return _statistics(request, RollsAsked(roll_id=roll_id), by)


@router.get("/v1/statistics", response_model=Statistics)
def all_statistics(query: Annotated[PeriodQuery, Query()], request: Request) -> Statistics:
    """Count the defects of the rolls that were opened in a period."""
    since, until = (stamp(moment) if moment else None for moment in (query.since, query.until))
    return _statistics(request, RollsAsked(since=since, until=until, product=query.product), query.by)


def _statistics(request: Request, asked: RollsAsked, by: By) -> Statistics:
    station: Station = request.app.state.station
    return station.store.read(partial(statistics, asked=asked, by=by, shifts=station.settings.shift_plan))
