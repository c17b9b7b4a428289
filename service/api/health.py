"""Whether the station lives, is ready, and what it counts."""

from fastapi import APIRouter, Request, Response

from service.schemas import Health, answered_by
from service.station import Station

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health)
async def healthz() -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get("/readyz", response_model=Health, responses={503: {"model": Health}})
async def readyz(request: Request, response: Response) -> Health:
    """Say whether frames can be taken in."""
    station: Station = request.app.state.station
    if station.store.healthy:
        return Health(status="ready")
    response.status_code = 503
    return Health(status="not ready", reasons=["the store cannot write"])


@router.get("/metrics", response_class=Response, responses=answered_by("text/plain"))
async def metrics(request: Request) -> Response:
    """Write the counters in Prometheus' text format."""
    station: Station = request.app.state.station
    return Response(station.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
