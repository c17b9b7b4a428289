"""Placing: where exactly the things of a plan lie.

In:  a scene, a plan, a frame's number.
Out: every shape that this frame shows a part of, in rows of the web and columns of the frame.

Things of one slot keep clear of each other as long as there is room.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inspection.defect import Kind
from inspection.errors import InputError
from inspection.geometry import Box
from inspection.synthetic.ground import Shape
from inspection.synthetic.kinds import Place
from inspection.synthetic.optics import stream
from inspection.synthetic.order import Order, Orders, Plan, Slot
from inspection.synthetic.rims import ragged_edge
from inspection.synthetic.rooms import ROOMS, Job, Room, coated_rows
from inspection.synthetic.scene import Scene
from inspection.synthetic.texture import Texture

_TRIES = 60


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
        job = Job(scene, order, slot, number, crossing, stream(scene.seed, 3, slot.index, number))
        taken = [thing.box for thing in placed]
        placed.append(_edge_shift(job, taken) if order.place is Place.EDGE else _patch(job, taken))
    return placed


def _patch(job: Job, taken: list[Box]) -> Patch:
    room = ROOMS[job.order.place](job)
    shape = _drawn(job, room)
    box = _fixed(job, shape) if job.order.fixed else _clear(job, room.box, shape.shape, taken)
    shape = _as_strong_as_ordered(job, room, box, shape)
    lane = room.lane if job.order.fixed is None else _fixed_lane(job)[0] + 1
    return Patch(job.order, job.identity, box.top, box.left, _where_coated(job, box, shape), lane, room.surface)


def _drawn(job: Job, room: Room) -> Shape:
    middle = room.box.centre[1]
    ground = job.scene.ground(middle, (room.box.height, room.box.width), room.surface)
    rng = job.rng if job.order.shape_seed is None else stream(job.order.shape_seed)
    drawn = job.order.draw
    if drawn is None:
        raise InputError(f"expected something that draws {job.order.kind}, got none: give the order a `draw`")
    most_rows = max(room.box.height, job.order.reach_px if job.order.kind is Kind.STREAK else 0)
    return drawn(rng, ground).trimmed().within(most_rows, room.box.width)


def _clear(job: Job, room: Box, shape: tuple[int, int], taken: list[Box]) -> Box:
    """Find a place that keeps clear of what is there; the last one tried where there is none."""
    last_top = min(room.bottom - shape[0], job.begin + job.slot.rows - 1)
    for _ in range(_TRIES):
        top = int(job.rng.integers(room.top, max(last_top, room.top) + 1))
        left = int(job.rng.integers(room.left, max(room.right - shape[1], room.left) + 1))
        box = Box(top, left, top + shape[0], left + shape[1])
        if all(box.gap_to(other) >= job.order.apart_px for other in taken):
            break
    return box


def _fixed_lane(job: Job) -> tuple[int, float]:
    """Lane from 0 and column of an order's fixed place."""
    across = (job.order.fixed or (0, 0.5))[1]
    lanes = job.scene.course.lanes_px + job.scene.course.wander_px(job.begin)
    share, lane = np.modf(across * len(lanes))
    left, right = lanes[int(lane)]
    return int(lane), float(left + (0.1 + 0.8 * share) * (right - left))


def _fixed(job: Job, shape: Shape) -> Box:
    row = (job.order.fixed or (0, 0.5))[0]
    left = round(_fixed_lane(job)[1]) - shape.shape[1] // 2
    return Box(job.begin + row, left, job.begin + row + shape.shape[0], left + shape.shape[1])


def _as_strong_as_ordered(job: Job, room: Room, box: Box, shape: Shape) -> Shape:
    if job.order.exact_sigma is None:
        return shape
    sigma = job.scene.noise_sigma(room.surface, box.centre[1], job.order.exact_over)
    now = shape.mean3_peak if job.order.exact_over == "mean3" else float(np.abs(shape.delta).max())
    return shape.times(job.order.exact_sigma * sigma / now)


def _where_coated(job: Job, box: Box, shape: Shape) -> Shape:
    """End a defect of the coating where the coating ends."""
    cover = job.scene.course.row_cover(box.top, box.height)
    if cover is None or job.order.place is not Place.COATING:
        return shape
    opacity = None if shape.opacity is None else shape.opacity * cover[:, None]
    return Shape(shape.delta * cover[:, None], shape.mask & (cover[:, None] > 0.5), opacity)


def _edge_shift(job: Job, taken: list[Box]) -> EdgeShift:
    top, bottom = coated_rows(job)
    lane, side = (int(job.rng.integers(n)) for n in job.scene.course.lanes_px.shape)
    outward = ragged_edge(job.rng, min(bottom - top, job.slot.rows))
    edge = job.scene.course.lanes_px[lane, side] + float(job.scene.course.wander_px(job.begin))
    shifts = np.append(outward, 0) * (2 * side - 1)
    left, right = int(edge + shifts.min()) - 2, int(edge + shifts.max()) + 3
    box = _clear(job, Box(top, left, bottom, right), (len(outward), right - left), taken)
    return EdgeShift(job.identity, box.top, lane + 1, side, outward, box)
