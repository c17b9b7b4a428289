"""What a report is made of: read once, so that all its sections tell of the same moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Final

from inspection.roll.factors import Factors
from service.errors import UnknownRoll
from service.rollbook.lanes import LanesOfRoll, lanes_of_roll
from service.rollbook.not_inspected import Unseen, unseen_of
from service.rollbook.quality import JudgedRoll, judged_roll
from service.rollbook.roll_map import RollMap, roll_map
from service.store import reads
from service.store.connection import Connection
from service.store.entries import RollCameraEntry, RollEntry
from service.store.webs import Closing, WebMetre, closing_of, metres_of

_BINS: Final = 150


@dataclass(frozen=True)
class Facts:
    """A roll, its map as a whole, and what was seen of it.

    Attributes
    ----------
    connection : Connection
        For what a section alone asks.
    factors : mapping of str to Factors
        Of the plant, by product.
    roll : RollEntry
    closing : Closing or None
    cameras : tuple of RollCameraEntry
    map : RollMap
    metres : tuple of WebMetre
    unseen : tuple of Unseen
    """

    connection: Connection
    factors: Mapping[str, Factors]
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

    @cached_property
    def judged(self) -> JudgedRoll:
        """The roll with all that is wrong with it."""
        return judged_roll(self.connection, self.roll_id)

    @cached_property
    def lanes(self) -> LanesOfRoll:
        """What was measured of the lanes, in as many bins as a chart on paper can show."""
        per_m = max(1, ceil((self.map.to_m - self.map.from_m) / _BINS))
        return lanes_of_roll(self.connection, self.roll_id, per_m)


def facts_of(connection: Connection, roll_id: str, factors: Mapping[str, Factors]) -> Facts:
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
        factors=factors,
        roll=roll,
        closing=closing_of(connection, roll_id),
        cameras=tuple(camera for camera in pinned if camera),
        map=roll_map(connection, roll_id, bins=_BINS),
        metres=tuple(metres_of(connection, roll_id)),
        unseen=tuple(unseen_of(connection, roll_id)),
    )
