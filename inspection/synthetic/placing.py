"""Placing: where exactly the things of a plan lie.

In:  a scene, a plan, a frame's number.
Out: every shape that this frame shows a part of, in rows of the web and columns of the frame.

Things of one slot keep clear of each other as long as there is room.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.defect import Kind
from inspection.errors import InputError
from inspection.geometry import Box
from inspection.synthetic.ground import Shape
from inspection.synthetic.kinds import Place
from inspection.synthetic.optics import stream
from inspection.synthetic.plan import Order, Orders, Plan, Slot
from inspection.synthetic.rims import ragged_edge
from inspection.synthetic.scene import Scene
from inspection.synthetic.texture import Texture

_TRIES = 60
_MOST_IN_SLOT = 100_000
_CROSSING_ROOM_PX = 640
"""How far things may reach over the seam where they are allowed to."""

_SHORTEST_PATCH_PX = 120
"""Less of a coated patch is not used while there are others."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A shape at its place.

    Attributes
    ----------
    order : Order
    identity : int
    top, left : int
        Row of the web, column of the frame.
    shape : Shape
    lane : int or None
    surface : Texture
    """

    order: Order
    identity: int
    top: int
    left: int
    shape: Shape
    lane: int | None
    surface: Texture

    @property
    def box(self) -> Box:
        """Rows of the web, columns of the frame."""
        rows, columns = self.shape.shape
        return Box(self.top, self.left, self.top + rows, self.left + columns)


@dataclass(frozen=True, eq=False)
class EdgeShift:
    """A stretch of lane edge that lies beside its course.

    Attributes
    ----------
    identity : int
    top : int
        Row of the web.
    lane : int
        From 1.
    side : {0, 1}
        Left or right.
    outward_px : ndarray of shape (rows,), float64
    box : Box
    """

    identity: int
    top: int
    lane: int
    side: int
    outward_px: NDArray[np.float64]
    box: Box


Placed: TypeAlias = Patch | EdgeShift


@dataclass(frozen=True, eq=False)
class _Job:
    """One order of one slot, with its own random numbers."""

    scene: Scene
    order: Order
    slot: Slot
    number: int
    crossing: bool
    rng: Generator

    @property
    def identity(self) -> int:
        return self.slot.index * _MOST_IN_SLOT + self.number

    @property
    def begin(self) -> int:
        return self.slot.index * self.slot.rows

    @property
    def end(self) -> int:
        """One past the last row that a thing may reach."""
        return self.begin + self.slot.rows + (_CROSSING_ROOM_PX if self.crossing else 0)


@dataclass(frozen=True, eq=False)
class _Room:
    """Where a thing may lie: rows of the web, columns of the frame, and what is there."""

    box: Box
    lane: int | None
    surface: Texture


def place(scene: Scene, plan: Plan, index: int) -> tuple[Placed, ...]:
    """Everything that frame `index` shows a part of."""
    first_row = index * scene.rows
    earliest = max(index - -(-plan.reach_px // scene.rows), 0)
    placed: list[Placed] = []
    for number in range(earliest, index + 1):
        slot = Slot(scene.seed, number, scene.rows, scene.product.mm_per_px)
        orders = plan.orders(slot)
        if number == index or any((number + 1) * scene.rows + order.reach_px > first_row for order in orders):
            placed += _settle(scene, orders, slot, crossing=plan.reach_px > 0)
    return tuple(thing for thing in placed if first_row < thing.box.bottom)


def _settle(scene: Scene, orders: Orders, slot: Slot, *, crossing: bool) -> list[Placed]:
    placed: list[Placed] = []
    for number, order in enumerate(orders):
        job = _Job(scene, order, slot, number, crossing, stream(scene.seed, 3, slot.index, number))
        taken = [thing.box for thing in placed]
        placed.append(_edge_shift(job, taken) if order.place is Place.EDGE else _patch(job, taken))
    return placed


def _patch(job: _Job, taken: list[Box]) -> Patch:
    room = _ROOMS[job.order.place](job)
    shape = _drawn(job, room)
    box = _fixed(job, shape) if job.order.fixed else _clear(job, room.box, shape.shape, taken)
    shape = _as_strong_as_ordered(job, room, box, shape)
    lane = room.lane if job.order.fixed is None else _fixed_lane(job)[0] + 1
    return Patch(
        job.order, job.identity, box.top, box.left, _where_coated(job, box, shape), lane, room.surface
    )


def _coating_room(job: _Job) -> _Room:
    lanes = job.scene.course.lanes_px + job.scene.course.wander_px(job.begin)
    lane = int(job.rng.integers(len(lanes)))
    left, right = _shrunk(lanes[lane, 0], lanes[lane, 1], job.order.apart_px)
    top, bottom = _coated_rows(job)
    return _Room(Box(top, left, bottom, right), lane + 1, job.scene.coating)


def _foil_room(job: _Job) -> _Room:
    lanes = job.scene.course.lanes_px + job.scene.course.wander_px(job.begin)
    bounds = np.concatenate([[0.0], lanes.ravel(), [float(job.scene.columns)]]).reshape(-1, 2)
    begin, end = bounds[job.rng.integers(len(bounds))]
    left, right = _shrunk(begin, end, 6)
    return _Room(Box(job.begin, left, job.end, right), None, job.scene.foil)


def _web_room(job: _Job) -> _Room:
    return _Room(Box(job.begin, 0, job.end, job.scene.columns), None, job.scene.coating)


_ROOMS: dict[Place, Callable[[_Job], _Room]] = {
    Place.COATING: _coating_room,
    Place.FOIL: _foil_room,
    Place.WEB: _web_room,
}


def _shrunk(begin: float, end: float, margin_px: int) -> tuple[int, int]:
    """Whole pixels well inside; a few for the waviness of the edges."""
    margin = min(margin_px + 3, (end - begin - 8) / 2)
    return int(begin + margin), int(end - margin)


def _coated_rows(job: _Job) -> tuple[int, int]:
    """All rows the thing may reach, or those of one patch among them."""
    if job.scene.course.skip_px is None:
        return job.begin, job.end
    patches = job.scene.course.patches(job.begin, job.end - job.begin)
    long = [patch for patch in patches if patch[1] - patch[0] >= _SHORTEST_PATCH_PX] or list(patches)
    starting = [patch for patch in long if patch[0] < job.slot.rows - _SHORTEST_PATCH_PX] or long
    if not starting:
        return job.begin, job.end
    top, bottom = starting[int(job.rng.integers(len(starting)))]
    top, bottom = _shrunk(job.begin + top, job.begin + bottom, 6)
    return top, bottom


def _drawn(job: _Job, room: _Room) -> Shape:
    middle = room.box.centre[1]
    ground = job.scene.ground(middle, (room.box.height, room.box.width), room.surface)
    rng = job.rng if job.order.shape_seed is None else stream(job.order.shape_seed)
    drawn = job.order.draw
    if drawn is None:
        raise InputError(f"expected something that draws {job.order.kind}, got none: give the order a `draw`")
    most_rows = max(room.box.height, job.order.reach_px if job.order.kind is Kind.STREAK else 0)
    return drawn(rng, ground).trimmed().within(most_rows, room.box.width)


def _clear(job: _Job, room: Box, shape: tuple[int, int], taken: list[Box]) -> Box:
    """Find a place that keeps clear of what is there; the last one tried where there is none."""
    last_top = min(room.bottom - shape[0], job.begin + job.slot.rows - 1)
    for _ in range(_TRIES):
        top = int(job.rng.integers(room.top, max(last_top, room.top) + 1))
        left = int(job.rng.integers(room.left, max(room.right - shape[1], room.left) + 1))
        box = Box(top, left, top + shape[0], left + shape[1])
        if all(box.gap_to(other) >= job.order.apart_px for other in taken):
            break
    return box


def _fixed_lane(job: _Job) -> tuple[int, float]:
    """Lane from 0 and column of an order's fixed place."""
    across = (job.order.fixed or (0, 0.5))[1]
    lanes = job.scene.course.lanes_px + job.scene.course.wander_px(job.begin)
    share, lane = np.modf(across * len(lanes))
    left, right = lanes[int(lane)]
    return int(lane), float(left + (0.1 + 0.8 * share) * (right - left))


def _fixed(job: _Job, shape: Shape) -> Box:
    row = (job.order.fixed or (0, 0.5))[0]
    left = round(_fixed_lane(job)[1]) - shape.shape[1] // 2
    return Box(job.begin + row, left, job.begin + row + shape.shape[0], left + shape.shape[1])


def _as_strong_as_ordered(job: _Job, room: _Room, box: Box, shape: Shape) -> Shape:
    if job.order.exact_sigma is None:
        return shape
    sigma = job.scene.noise_sigma(room.surface, box.centre[1], job.order.exact_over)
    now = shape.mean3_peak if job.order.exact_over == "mean3" else float(np.abs(shape.delta).max())
    return shape.times(job.order.exact_sigma * sigma / now)


def _where_coated(job: _Job, box: Box, shape: Shape) -> Shape:
    """End a defect of the coating where the coating ends."""
    cover = job.scene.course.row_cover(box.top, box.height)
    if cover is None or job.order.place is not Place.COATING:
        return shape
    opacity = None if shape.opacity is None else shape.opacity * cover[:, None]
    return Shape(shape.delta * cover[:, None], shape.mask & (cover[:, None] > 0.5), opacity)


def _edge_shift(job: _Job, taken: list[Box]) -> EdgeShift:
    top, bottom = _coated_rows(job)
    lane, side = (int(job.rng.integers(n)) for n in job.scene.course.lanes_px.shape)
    outward = ragged_edge(job.rng, min(bottom - top, job.slot.rows))
    edge = job.scene.course.lanes_px[lane, side] + float(job.scene.course.wander_px(job.begin))
    shifts = np.append(outward, 0) * (2 * side - 1)
    left, right = int(edge + shifts.min()) - 2, int(edge + shifts.max()) + 3
    box = _clear(job, Box(top, left, bottom, right), (len(outward), right - left), taken)
    return EdgeShift(job.identity, box.top, lane + 1, side, outward, box)
