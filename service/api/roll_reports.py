"""The report of a roll, to read, print and keep."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from service.factors import factors_in
from service.roll_report.page import POLICY, report_html
from service.schemas import RollId, answered_by, refusals
from service.station import Station
from service.store.entries import stamp

_HEADERS = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'", "Cache-Control": "no-store"}
_TO_SIGN_IN: dict[int | str, dict[str, Any]] = {303: {"description": "Asked for by a browser that is not signed in"}}

router = APIRouter(tags=["rolls"])


@router.get(
    "/v1/rolls/{roll_id}/report.html",
    response_class=Response,
    responses=answered_by("text/html") | _TO_SIGN_IN | refusals(404),
)
def show_report(roll_id: RollId, request: Request) -> Response:
    """Return a roll's report: one HTML file that needs nothing else, for screen, paper and files."""
    station: Station = request.app.state.station
    factors, printed_at = factors_in(station.settings.data_dir), stamp(station.clock())
    page = station.store.read_long(partial(report_html, roll_id=roll_id, factors=factors, printed_at=printed_at))
    return Response(page, media_type="text/html; charset=utf-8", headers=_HEADERS)
