"""What a roll is worth, what to cut out of it, and what it cost."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from inspection.roll.handover import Rewinding
from service.factors import factors_in
from service.frame_query import Moment
from service.rollbook.handover import Handover, as_csv, handover
from service.rollbook.period_scrap import By, Period, PeriodScrap, period_scrap
from service.rollbook.quality import RollQuality, roll_quality
from service.rollbook.scrap import RollScrap, roll_scrap
from service.schemas import RollId, refusals
from service.station import Station

_CSV: Final = "text/csv; charset=utf-8; header=present"
_DAY: Final = timedelta(days=1)
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LONGEST_M: Final = 1_000_000
_MOST_ROLLS: Final = 50
"""A day of one line and more. Each takes some tenths of a second of the process that answers cameras; the command takes
its own."""

router = APIRouter(tags=["rolls"])

CutOff = Annotated[float, Query(ge=0, le=_LONGEST_M, allow_inf_nan=False, description="In metres of the coater.")]
Turned = Annotated[bool, Query(description="The next machine's operator side is the coater's drive side.")]
Rewound = Annotated[bool, Query(alias="reversed", description="The next machine begins with what was coated last.")]
Stretched = Annotated[
    float, Query(ge=0.5, le=2, allow_inf_nan=False, description="The next machine's length over the coater's.")
]
OneLane = Annotated[int | None, Query(ge=1, le=1000, description="Only this lane.")]
Defects = Annotated[bool, Query(description="Also each defect that is cut out, for machines that drop single sheets.")]
Format = Annotated[Literal["json", "csv"] | None, Query(alias="format", description="Else as Accept says.")]


@router.get("/v1/rolls/{roll_id}/verdict", response_model=RollQuality, responses=refusals(404))
def verdict(roll_id: RollId, request: Request) -> RollQuality:
    """Judge a roll: each lane by what of it has to be cut out, with reasons. What was not inspected never passes."""
    station: Station = request.app.state.station
    return station.store.read_long(partial(roll_quality, roll_id=roll_id))


@router.get(
    "/v1/rolls/{roll_id}/cuts",
    response_model=Handover,
    responses=refusals(404) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def cuts(
    roll_id: RollId,
    request: Request,
    head_cut_m: CutOff = 0.0,
    tail_cut_m: CutOff = 0.0,
    rewound: Rewound = False,
    turned_round: Turned = False,
    stretch: Stretched = 1.0,
    lane: OneLane = None,
    defects: Defects = False,
    form: Format = None,
) -> Response | Handover:
    """Tell what to cut out of each lane, in the coordinates of the machine that slits or notches it."""
    station: Station = request.app.state.station
    rewinding = Rewinding(head_cut_m * 1e3, tail_cut_m * 1e3, rewound, turned_round, stretch)
    told = station.store.read_long(
        partial(handover, roll_id=roll_id, rewinding=rewinding, lane=lane, with_defects=defects)
    )
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        name = f"attachment; filename*=UTF-8''{quote(roll_id, safe='')}-cuts.csv"
        return Response(as_csv(told).encode(), headers={"Content-Disposition": name, "Content-Type": _CSV})
    return told


@router.get("/v1/rolls/{roll_id}/scrap", response_model=RollScrap, responses=refusals(404))
def scrap_of_roll(roll_id: RollId, request: Request) -> RollScrap:
    """Count a roll's square metres by lane, with cost and CO2e, and what an alarm heeded would have saved."""
    station: Station = request.app.state.station
    factors = factors_in(station.settings.data_dir)
    return station.store.read_long(partial(roll_scrap, roll_id=roll_id, factors=factors))


@router.get("/v1/scrap", response_model=PeriodScrap)
def scrap_of_period(
    request: Request,
    since: Annotated[Moment | None, Query(description="Else a day before `until`.")] = None,
    until: Annotated[Moment | None, Query(description="Else now.")] = None,
    by: Annotated[By, Query(description="By what to tell web apart; shifts and days are the plant's.")] = "roll",
) -> PeriodScrap:
    """Count the square metres that ran in a period, with cost and CO2e; at most 50 rolls."""
    station: Station = request.app.state.station
    end = _in_reach(until or station.clock())
    period = Period(_in_reach(since or end - _DAY), end, by, station.settings.shift_plan)
    factors = factors_in(station.settings.data_dir)
    return station.store.read_long(partial(period_scrap, period=period, factors=factors, most_rolls=_MOST_ROLLS))


def _in_reach(moment: datetime) -> datetime:
    """Take the ends of the calendar for moments that can be counted with; no web ran before or after."""
    return min(max(moment, _EARLIEST), _LATEST)
