"""Rooms: where the things of a slot may lie.

In:  one order with its scene and its slot.
Out: rows of the web and columns of the frame, lane and surface there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from inspection.defect import Kind
from inspection.geometry import Box
from inspection.synthetic.kinds import Place
from inspection.synthetic.order import Order, Slot
from inspection.synthetic.scene import Scene
from inspection.synthetic.texture import Texture

_MOST_IN_SLOT = 100_000

_CROSSING_ROOM_PX = 640
"""How far things may reach over the seam where they are allowed to."""

_SHORTEST_PATCH_PX = 120
"""Less of a coated patch is not used while there are others."""


@dataclass(frozen=True, eq=False)
class Job:
    """One order of one slot.

    Attributes
    ----------
    scene : Scene
    order : Order
    slot : Slot
    number : int
        Of the order in its slot.
    crossing : bool
        The thing may reach over the seam into the next frame.
    rng : Generator
        Its own random numbers.
    """

    scene: Scene
    order: Order
    slot: Slot
    number: int
    crossing: bool
    rng: Generator

    @property
    def identity(self) -> int:
        """Number of the thing, the only one of its web."""
        return self.slot.index * _MOST_IN_SLOT + self.number

    @property
    def begin(self) -> int:
        """First row of the slot on the web."""
        return self.slot.index * self.slot.rows

    @property
    def end(self) -> int:
        """One past the last row that a thing may reach."""
        return self.begin + self.slot.rows + (_CROSSING_ROOM_PX if self.crossing else 0)


@dataclass(frozen=True, eq=False)
class Room:
    """Where a thing may lie.

    Attributes
    ----------
    box : Box
        Rows of the web, columns of the frame.
    lane : int or None
        From 1; None on bare foil or across lanes.
    surface : Texture
        What is there.
    """

    box: Box
    lane: int | None
    surface: Texture


def _coating_room(job: Job) -> Room:
    lanes = job.scene.course.lanes_px + job.scene.course.wander_px(job.begin)
    lane = int(job.rng.integers(len(lanes)))
    left, right = _shrunk(lanes[lane, 0], lanes[lane, 1], job.order.apart_px)
    top, bottom = coated_rows(job)
    return Room(Box(top, left, bottom, right), lane + 1, job.scene.coating)


def _foil_room(job: Job) -> Room:
    lanes = job.scene.course.lanes_px + job.scene.course.wander_px(job.begin)
    bounds = np.concatenate([[0.0], lanes.ravel(), [float(job.scene.columns)]]).reshape(-1, 2)
    begin, end = bounds[job.rng.integers(len(bounds))]
    left, right = _shrunk(begin, end, 6)
    return Room(Box(job.begin, left, job.end, right), None, job.scene.foil)


def _web_room(job: Job) -> Room:
    return Room(Box(job.begin, 0, job.end, job.scene.columns), None, job.scene.coating)


ROOMS: dict[Place, Callable[[Job], Room]] = {
    Place.COATING: _coating_room,
    Place.FOIL: _foil_room,
    Place.WEB: _web_room,
}
"""Finds the room, by what a thing lies on."""


def _shrunk(begin: float, end: float, margin_px: int) -> tuple[int, int]:
    """Whole pixels well inside; a few for the waviness of the edges."""
    margin = min(margin_px + 3, (end - begin - 8) / 2)
    return int(begin + margin), int(end - margin)


def coated_rows(job: Job) -> tuple[int, int]:
    """All rows the thing may reach, or those of one patch among them."""
    if job.scene.course.skip_px is None or job.order.kind is Kind.STREAK:
        # What drags in the die or on its lip goes on drawing its streak in the next patch.
        return job.begin, job.end
    patches = job.scene.course.patches(job.begin, job.end - job.begin)
    long = [patch for patch in patches if patch[1] - patch[0] >= _SHORTEST_PATCH_PX] or list(patches)
    starting = [patch for patch in long if patch[0] < job.slot.rows - _SHORTEST_PATCH_PX] or long
    if not starting:
        return job.begin, job.end
    top, bottom = starting[int(job.rng.integers(len(starting)))]
    top, bottom = _shrunk(job.begin + top, job.begin + bottom, 6)
    return top, bottom
