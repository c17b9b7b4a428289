"""What a report is made of: read once, so that all its sections tell of the same moment."""

from dataclasses import dataclass

from service.errors import UnknownRoll
from service.rollbook.not_inspected import Unseen, unseen_of
from service.rollbook.roll_map import RollMap, roll_map
from service.store import reads
from service.store.connection import Connection
from service.store.entries import RollCameraEntry, RollEntry
from service.store.webs import Closing, WebMetre, closing_of, metres_of

_BINS = 150


@dataclass(frozen=True)
class Facts:
    """A roll, its map as a whole, and what was seen of it.

    Attributes
    ----------
    connection : Connection
        For what a section alone asks.
    roll : RollEntry
    closing : Closing or None
    cameras : tuple of RollCameraEntry
    map : RollMap
    metres : tuple of WebMetre
    unseen : tuple of Unseen
    """

    connection: Connection
    roll: RollEntry
    closing: Closing | None
    cameras: tuple[RollCameraEntry, ...]
    map: RollMap
    metres: tuple[WebMetre, ...]
    unseen: tuple[Unseen, ...]

    @property
    def roll_id(self) -> str:
        """The roll's id."""
        return self.roll.roll_id


def facts_of(connection: Connection, roll_id: str) -> Facts:
    """Read what a report is made of.

    Raises
    ------
    UnknownRoll
        There is no such roll.
    """
    roll = reads.roll(connection, roll_id)
    if roll is None:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {roll_id}")
    names = reads.cameras_of_roll(connection, roll_id)
    pinned = (reads.roll_camera(connection, roll_id, name) for name in names)
    return Facts(
        connection=connection,
        roll=roll,
        closing=closing_of(connection, roll_id),
        cameras=tuple(camera for camera in pinned if camera),
        map=roll_map(connection, roll_id, bins=_BINS),
        metres=tuple(metres_of(connection, roll_id)),
        unseen=tuple(unseen_of(connection, roll_id)),
    )
