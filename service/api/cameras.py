"""What a restarted edge PC asks for: where it was, and whether all is well."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request

from service.calibrations import newest_calibration
from service.errors import UnknownCamera
from service.frame_query import Moment
from service.schemas import CameraAnswer, CameraId, HealthMinuteAnswer, InputHealthAnswer, LastFrame, refusals
from service.station import Station
from service.store import reads
from service.store.camera_health import minutes_since
from service.store.entries import StoredFrame, stamp

T = TypeVar("T")

router = APIRouter(tags=["cameras"])


@router.get("/v1/cameras", response_model=list[str])
def list_cameras(request: Request) -> list[str]:
    """List the cameras that sent frames."""
    station: Station = request.app.state.station
    return station.store.read(reads.camera_ids)


@router.get("/v1/cameras/{camera_id}", response_model=CameraAnswer, responses=refusals(404))
def show_camera(camera_id: CameraId, request: Request) -> CameraAnswer:
    """Tell a camera's last sequence and health."""
    station: Station = request.app.state.station
    calibration = newest_calibration(station.settings.data_dir, camera_id)
    latest = station.store.read(partial(reads.latest_frames, limit=1, camera_id=camera_id))
    if not latest and calibration is None:
        raise UnknownCamera(f"expected a camera that sent a frame or was calibrated, {camera_id} did neither")
    return _answer(station, camera_id, latest[0] if latest else None, calibration)


@router.get("/v1/cameras/{camera_id}/health", response_model=list[HealthMinuteAnswer])
def show_health(
    camera_id: CameraId,
    request: Request,
    since: Annotated[Moment | None, Query(description="RFC 3339; else since a day.")] = None,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 1500,
) -> list[HealthMinuteAnswer]:
    """List how a camera's input was, minute by minute, oldest first; of too many minutes the latest."""
    station: Station = request.app.state.station
    begin = stamp(since or station.clock() - timedelta(days=1))
    minutes = station.store.read(partial(minutes_since, camera_id=camera_id, since=begin, limit=limit))
    return [HealthMinuteAnswer.model_validate(minute, from_attributes=True) for minute in minutes]


def _answer(station: Station, camera_id: str, last: StoredFrame | None, calibration: int | None) -> CameraAnswer:
    return CameraAnswer(
        camera_id=camera_id,
        last=LastFrame.model_validate(last, from_attributes=True) if last else None,
        last_sequence=_of_roll(station, last, reads.last_sequence) if last else None,
        not_inspected=_of_roll(station, last, reads.not_inspected_count) if last else 0,
        position_runs_backwards=_of_roll(station, last, reads.runs_backwards) if last else False,
        newest_calibration=calibration,
        under_way=station.admission.of(camera_id),
        queue_frames=station.settings.queue_frames,
        health=station.health_of(camera_id, calibrated=calibration is not None),
        input_health=InputHealthAnswer.of(seen) if (seen := station.watch.of(camera_id)) else None,
    )


def _of_roll(station: Station, last: StoredFrame, question: Callable[[Any, str, str], T]) -> T:
    return station.store.read(lambda connection: question(connection, last.camera_id, last.roll_id))
