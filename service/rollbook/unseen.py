"""Web of a roll that was not inspected, by camera."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.store import reads
from service.store.connection import Connection
from service.stretches import stretches


@dataclass(frozen=True)
class Unseen:
    """A stretch that a camera did not show; None where nothing tells where it lay.

    Attributes
    ----------
    camera_id : str
    from_mm, to_mm : float or None
    frames : int
    causes : mapping of str to int
        Frames for each.
    """

    camera_id: str
    from_mm: float | None
    to_mm: float | None
    frames: int
    causes: Mapping[str, int]


def unseen_of(connection: Connection, roll_id: str) -> list[Unseen]:
    """List what was refused, lost or never sent of a roll, by camera and in the order of the web."""
    return [
        each
        for camera_id in reads.cameras_of_roll(connection, roll_id)
        for each in _of_camera(connection, roll_id, camera_id)
    ]


def _of_camera(connection: Connection, roll_id: str, camera_id: str) -> list[Unseen]:
    found = stretches(
        reads.runs(connection, camera_id, roll_id), reads.refused(connection, camera_id=camera_id, roll_id=roll_id)
    )
    return [
        Unseen(camera_id, each.from_mm, each.to_mm, each.last - each.first + 1, dict(each.causes)) for each in found
    ]
