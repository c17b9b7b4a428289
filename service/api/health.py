"""Whether the station lives, is ready, and what it counts."""

from fastapi import APIRouter, Request, Response

from service.readiness import checks
from service.schemas import CheckAnswer, Health, Readiness, answered_by
from service.station import Station

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health)
async def healthz() -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
def readyz(request: Request, response: Response) -> Readiness:
    """Say whether frames can be taken in, and what was looked at."""
    seen = [CheckAnswer.model_validate(check, from_attributes=True) for check in checks(request.app.state.station)]
    reasons = [f"{check.name}: {check.told}" for check in seen if not check.ok]
    response.status_code = 503 if reasons else 200
    return Readiness(status="not ready" if reasons else "ready", reasons=reasons, checks=seen)


@router.get("/metrics", response_class=Response, responses=answered_by("text/plain"))
def metrics(request: Request) -> Response:
    """Write the counters in Prometheus' text format."""
    station: Station = request.app.state.station
    return Response(station.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
