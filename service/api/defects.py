"""Lists of the web's defects by any filter, and their pictures."""

from enum import StrEnum
from functools import partial
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter

from service.api.compact import written
from service.api.defect_query import DefectQuery
from service.rollbook.crops import crop_png
from service.rollbook.defect_list import DefectPage, defect_page
from service.schemas import FrameId, RollId, answered_by, refusals
from service.station import Station
from service.store.web_queries import Order

DefectNumber: TypeAlias = Annotated[int, Path(ge=1, le=100_000, description="The defect's in its frame, from 1.")]

_PAGE = TypeAdapter(DefectPage)

router = APIRouter(tags=["defects"])


class RollOrder(StrEnum):
    """How a roll's defects are sorted: along the web, or the most severe first and of these the largest."""

    ALONG = "along"
    WORST = "worst"


class RollDefectQuery(DefectQuery):
    """The query of a list of one roll's defects."""

    order: RollOrder = Field(RollOrder.ALONG, description="Along the web, or the worst first: by severity, then area.")


@router.get("/v1/rolls/{roll_id}/defects", response_model=DefectPage, responses=refusals(404))
def roll_defects(roll_id: RollId, query: Annotated[RollDefectQuery, Query()], request: Request) -> Response:
    """List a roll's defects, each once however many frames saw a piece of it.

    Where few of very many fit the filter, a page may be short, even empty, and still have a `next`: go on with it.
    """
    return _page(request, query, Order(query.order), roll_id)


@router.get("/v1/defects", response_model=DefectPage)
def all_defects(query: Annotated[DefectQuery, Query()], request: Request) -> Response:
    """List the defects of all rolls, the latest found first.

    Where few of very many fit the filter, a page may be short, even empty, and still have a `next`: go on with it.
    """
    return _page(request, query, Order.NEWEST)


@router.get(
    "/v1/defects/{frame_id}.{number}/crop.png",
    response_class=Response,
    responses=answered_by("image/png") | refusals(404),
)
def show_crop(frame_id: FrameId, number: DefectNumber, request: Request) -> Response:
    """Return the picture of a defect: 64 x 64 pixels around it, as they were named."""
    station: Station = request.app.state.station
    picture = station.store.read(partial(crop_png, frame=int(frame_id, 16), number=number))
    return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


def _page(request: Request, query: DefectQuery, order: Order, roll_id: str | None = None) -> Response:
    station: Station = request.app.state.station
    asked = query.filter_of(roll_id)
    page = station.store.read(partial(defect_page, asked=asked, order=order, limit=query.limit, cursor=query.cursor))
    return written(_PAGE, page)
