"""What was not inspected of a roll: refused, lost or never sent, by camera and in metres of web."""

from dataclasses import dataclass

from inspection.roll.lengths import Length, merged
from service.store import reads
from service.store.connection import Connection
from service.stretches import Stretch, stretches


@dataclass(frozen=True)
class CameraLost:
    """What one camera did not see of a roll."""

    camera_id: str
    stretches: tuple[Stretch, ...]

    @property
    def frames(self) -> int:
        """How many frames."""
        return sum(each.last - each.first + 1 for each in self.stretches)

    @property
    def lengths_mm(self) -> list[Length]:
        """Where they lay, as far as anything tells."""
        told = [(each.from_mm, each.to_mm) for each in self.stretches]
        return [(begin, end) for begin, end in told if begin is not None and end is not None]

    @property
    def metres(self) -> float:
        """Of web."""
        return sum(end - begin for begin, end in self.lengths_mm) / 1e3


def lost_by(connection: Connection, roll_id: str, camera_id: str) -> CameraLost:
    """Tell what one camera did not see of a roll."""
    runs = reads.runs(connection, camera_id, roll_id)
    return CameraLost(camera_id, tuple(stretches(runs, reads.refused(connection, camera_id, roll_id))))


def lost_of(connection: Connection, roll_id: str) -> list[CameraLost]:
    """Tell what each camera did not see of a roll, also one whose frames were all refused."""
    return [lost_by(connection, roll_id, camera_id) for camera_id in reads.cameras_of_roll(connection, roll_id)]


def lost_m(lost: list[CameraLost]) -> float:
    """Length of web that at least one camera did not see, in metres."""
    return sum(end - begin for begin, end in merged(length for camera in lost for length in camera.lengths_mm)) / 1e3
