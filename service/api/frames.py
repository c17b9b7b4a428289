"""The pinned route: a camera posts a frame and is answered when the record is durable."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from numpy.typing import NDArray
from starlette.requests import ClientDisconnect

from service.api.digests import parse_digests
from service.api.envelopes import MEDIA_TYPES, envelope_of
from service.api.guard import guard
from service.errors import BodyTooSlow, MalformedBody
from service.frame_query import parsed_camera, parsed_query, query_parameters
from service.inspecting import Submission
from service.problems import BODY_BEGUN
from service.schemas import CameraId, FrameAnswer, refusals
from service.station import Receipt, Station
from service.store.entries import FrameKey

_REFUSALS = refusals(400, 404, 408, 409, 411, 413, 415)
_ASKED: dict[str, Any] = {
    "parameters": query_parameters(),
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES},
    },
}


class _Direct(APIRoute):
    """Calls its endpoint by itself: FastAPI's way of finding what it needs takes 0.2 ms of every frame."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request; being asked who asks is part of it."""

        async def handle(request: Request) -> Response:
            await guard(request)
            return await post_frame(parsed_camera(request.path_params), request)

        return handle


router = APIRouter(tags=["frames"], route_class=_Direct)


@router.post("/v1/cameras/{camera_id}/frames", response_model=FrameAnswer, responses=_REFUSALS, openapi_extra=_ASKED)
async def post_frame(camera_id: CameraId, request: Request) -> Response:
    """Inspect a frame: the answer is sent when its record is durable."""
    station: Station = request.app.state.station
    begun, query = station.timer(), parsed_query(request.query_params)
    envelope = envelope_of(request.headers, query, station.settings)
    digests = parse_digests(request.headers.get("content-digest"))
    with station.admitted(camera_id):
        body = station.bodies.take(envelope.size)
        await read_body(request, body.pixels, station.settings.body_timeout_s)
        receipt = await station.receive(
            Submission(
                key=FrameKey(camera_id, query.roll, query.sequence),
                body=body,
                decoding=envelope.decoding,
                digests=digests,
                received_at=station.clock(),
                body_ms=1e3 * (station.timer() - begun),
                position_mm=query.position_mm,
                captured_at=query.captured_at,
            )
        )
    total_ms = 1e3 * (station.timer() - begun)
    station.metrics.took(camera_id, total_ms)
    return Response(receipt.answer, media_type="application/json", headers=_timing(receipt, total_ms))


async def read_body(request: Request, body: NDArray[np.uint8], timeout_s: float) -> None:
    """Read the body to its last byte into memory that is there already."""
    request.scope[BODY_BEGUN] = True
    try:
        async with asyncio.timeout(timeout_s):
            got = await _fill(request, body.data)
    except TimeoutError:
        raise BodyTooSlow(f"expected the whole body within {timeout_s:g} s: send it faster") from None
    except ClientDisconnect:
        raise MalformedBody("expected the whole body, the connection broke off: send it again") from None
    if got != body.size:
        raise MalformedBody(f"expected a body of {body.size} bytes, got {got}: send as many as you announce")


async def _fill(request: Request, view: memoryview) -> int:
    """Return how many bytes came; more than the view holds are not read."""
    at = 0
    async for piece in request.stream():
        end = at + len(piece)
        if end > len(view):
            return end
        view[at:end] = piece
        at = end
    return at


def _timing(receipt: Receipt, total_ms: float) -> dict[str, str]:
    stages = receipt.stages_ms | {"total": total_ms}
    return {"Server-Timing": ", ".join(f"{stage};dur={ms:.3f}" for stage, ms in stages.items())}
