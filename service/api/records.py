"""What people and pages read: frames, their pictures, and what happens now."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from service.errors import TooManyPages, UnknownFrame
from service.images import small_jpeg
from service.keyring import Keyring
from service.live import MOST_LISTENERS, Live
from service.schemas import FrameAnswer, FrameId, FrameSummary, answered_by, refusals
from service.station import Station, summary_of
from service.store import reads
from service.store.entries import StoredFrame
from service.store.secrets import Secret

_HEARTBEAT_S = 1.0
"""Proxies close what is silent; and so soon at the latest is sent home who may not look any more."""

router = APIRouter(tags=["records"])


@router.get("/v1/frames/latest", response_model=list[FrameSummary])
def latest_frames(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> list[FrameSummary]:
    """List the latest frames of all cameras, newest first."""
    station: Station = request.app.state.station
    frames = station.store.read(partial(reads.latest_frames, limit=limit))
    return [FrameSummary.model_validate(summary_of(frame, station.images)) for frame in frames]


@router.get("/v1/frames/{frame_id}", response_model=FrameAnswer, responses=refusals(404))
def show_frame(frame_id: FrameId, request: Request) -> Response:
    """Return a frame's answer as it was sent."""
    station: Station = request.app.state.station
    return Response(_frame(station, frame_id).answer, media_type="application/json")


@router.get(
    "/v1/frames/{frame_id}/image.jpg",
    response_class=Response,
    responses=answered_by("image/jpeg") | refusals(404),
)
def show_image(frame_id: FrameId, request: Request) -> Response:
    """Return a frame's small picture: one of the latest, or made of the kept frame."""
    station: Station = request.app.state.station
    picture = station.images.preview(frame_id)
    if picture is None:
        picture = _kept_picture(station, _frame(station, frame_id))
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/v1/live", response_class=StreamingResponse, responses=answered_by("text/event-stream"))
async def live(request: Request) -> Response:
    """Stream server-sent events.

    `frame` for a record, `preview` for its picture, `input` for lamp and lens, `alarm` for what a roll's web tells.
    """
    station: Station = request.app.state.station
    if station.live.full:
        raise TooManyPages(f"expected at most {MOST_LISTENERS} pages to look at the same time, got one more: close one")
    return StreamingResponse(
        _events(station.live, request.app.state.keyring, request.state.who),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _events(live: Live, keyring: Keyring, who: Secret | None) -> AsyncIterator[str]:
    with live.listening() as events:
        yield "retry: 2000\n\n"
        while keyring.still(who):
            keyring.use(who)
            try:
                async with asyncio.timeout(_HEARTBEAT_S):
                    event = await events.get()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            yield f"event: {event[0]}\ndata: {event[1]}\n\n"


def _frame(station: Station, frame_id: str) -> StoredFrame:
    frame = station.store.read(partial(reads.frame, number=int(frame_id, 16)))
    if frame is None:
        raise UnknownFrame(f"expected the id of a frame, no frame bears {frame_id}")
    return frame


def _kept_picture(station: Station, frame: StoredFrame) -> bytes:
    pixels = station.images.load(frame.pixel_hash)
    if pixels is None:
        raise UnknownFrame(f"expected a frame whose picture was kept, that of {frame.frame_id} was not")
    return small_jpeg(pixels, frame.bits)
