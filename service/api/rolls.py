"""What is asked of a roll: which of its web was not inspected."""

from functools import partial

from fastapi import APIRouter, Request

from service.errors import UnknownRoll
from service.schemas import CameraStretches, NotInspectedAnswer, RollId, StretchAnswer, refusals
from service.station import Station
from service.store import reads
from service.stretches import Stretch, stretches

router = APIRouter(tags=["rolls"])


@router.get("/v1/rolls/{roll_id}/not-inspected", response_model=NotInspectedAnswer, responses=refusals(404))
def not_inspected(roll_id: RollId, request: Request) -> NotInspectedAnswer:
    """Tell what was refused, lost or never sent of a roll, by camera and in metres of web."""
    station: Station = request.app.state.station
    cameras = station.store.read(partial(reads.cameras_of_roll, roll_id=roll_id))
    if not cameras:
        raise UnknownRoll(f"expected a roll that frames were sent of, there were none of {roll_id}")
    return NotInspectedAnswer(roll_id=roll_id, cameras=[_of_camera(station, roll_id, each) for each in cameras])


def _of_camera(station: Station, roll_id: str, camera_id: str) -> CameraStretches:
    runs = station.store.read(partial(reads.runs, camera_id=camera_id, roll_id=roll_id))
    refused = station.store.read(partial(reads.refused, camera_id=camera_id, roll_id=roll_id))
    found = stretches(runs, refused)
    return CameraStretches(
        camera_id=camera_id,
        frames=sum(each.last - each.first + 1 for each in found),
        metres=round(sum(_metres(each) for each in found), 4),
        stretches=[_answer(each) for each in found],
    )


def _answer(stretch: Stretch) -> StretchAnswer:
    return StretchAnswer(
        first_sequence=stretch.first,
        last_sequence=stretch.last,
        from_m=None if stretch.from_mm is None else round(stretch.from_mm / 1e3, 4),
        to_m=None if stretch.to_mm is None else round(stretch.to_mm / 1e3, 4),
        causes=dict(stretch.causes),
    )


def _metres(stretch: Stretch) -> float:
    if stretch.from_mm is None or stretch.to_mm is None:
        return 0.0
    return (stretch.to_mm - stretch.from_mm) / 1e3
