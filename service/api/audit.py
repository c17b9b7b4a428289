"""The audit trail, for administrators."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request

from service.schemas import AuditAnswer, AuditPage
from service.station import Station
from service.store.audit import as_told, audit_rows

_LARGEST_NUMBER = 2**31 - 1

router = APIRouter(tags=["audit"])


@router.get("/v1/audit", response_model=AuditPage)
def list_audit(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=_LARGEST_NUMBER, description="Only rows before this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """List who changed what, the latest first; `next_before` asks for the next page."""
    station: Station = request.app.state.station
    rows = station.store.read(partial(audit_rows, limit=limit, before=before))
    told = [AuditAnswer.model_validate(as_told(row)) for row in rows]
    return AuditPage(rows=told, next_before=told[-1].id if len(told) == limit and told[-1].id > 1 else None)
