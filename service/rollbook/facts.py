"""Facts of a roll that make its places doubtful: an encoder in reverse, cameras whose views do not fit together.

In:  positions by frame, views by camera, lane edges by metre, from the store.
Out: facts in words, with what to do: with one, a roll cannot pass.

Where an uncalibrated camera looks nobody knows, so that it is compared with none; all its frames are held anyway.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, groupby
from math import ceil
from typing import Literal, TypeAlias

from inspection.geometry import View
from inspection.roll.encoder import Reversal, reversals
from inspection.roll.overlap import SAME_PLACE_MM, Difference, around, difference, gaps, overlap
from service.rollbook.opened import opened_roll
from service.store import reads
from service.store.camera_views import views_of
from service.store.connection import Connection
from service.store.lane_edges import edges_between, lanes_reach

Camera: TypeAlias = tuple[str, View]


@dataclass(frozen=True)
class RollFact:
    """Why places on a roll are doubtful.

    Attributes
    ----------
    about : {"position", "offset", "overlap", "gap"}
        The encoder, a camera's offset, views that overlap by more than the recipe says, web between cameras.
    cameras : tuple of str
    from_mm, to_mm : float
        Along the web.
    by_mm : float
        How far positions fall, how much to add to the last camera's offset, how wide the overlap or the gap is.
    told : str
        In words, with what to do.
    """

    about: Literal["position", "offset", "overlap", "gap"]
    cameras: tuple[str, ...]
    from_mm: float
    to_mm: float
    by_mm: float
    told: str


def facts_of(connection: Connection, roll_id: str) -> tuple[RollFact, ...]:
    """Return what makes the places of a roll doubtful.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    cameras, views = reads.calibrations_of(connection, roll_id), views_of(connection, roll_id)
    joined_mm = opened_roll(connection, roll_id).recipe.joining.overlap_mm
    placed = [(name, views[name]) for name, version in cameras.items() if version is not None and name in views]
    return (
        *(fact for name in cameras for fact in _positions(connection, roll_id, name)),
        *(
            fact
            for pair in combinations(sorted(placed, key=_from_left), 2)
            for fact in (*_offset(connection, roll_id, *pair), *_overlap(connection, roll_id, joined_mm, *pair))
        ),
        *_gaps(connection, roll_id, placed),
    )


def _from_left(camera: Camera) -> tuple[float, str]:
    return camera[1].left_mm, camera[0]


def _positions(connection: Connection, roll_id: str, camera_id: str) -> Iterator[RollFact]:
    for found in reversals(reads.steps_back(connection, camera_id, roll_id)):
        told = _reversal_told(camera_id, found)
        yield RollFact("position", (camera_id,), found.from_mm, found.to_mm, found.fall_mm, told)


def _reversal_told(camera_id: str, found: Reversal) -> str:
    return (
        f"positions of {camera_id} fall by {found.fall_mm:.1f} mm from frame {found.first} to frame {found.last}, "
        f"between {found.from_mm / 1e3:.3f} and {found.to_mm / 1e3:.3f} m: check the encoder's direction"
    )


def _offset(connection: Connection, roll_id: str, first: Camera, second: Camera) -> Iterator[RollFact]:
    (one, view), (other, other_view) = first, second
    shared = overlap(view, other_view)
    if shared is None:
        return
    place = around(shared)
    found = difference(
        edges_between(connection, roll_id, one, *place), edges_between(connection, roll_id, other, *place), shared
    )
    if found and abs(found.by_mm) > SAME_PLACE_MM:
        told = _offset_told(one, other, found, other_view.left_mm)
        along = 1e3 * found.first_metre, 1e3 * (found.last_metre + 1)
        yield RollFact("offset", (one, other), *along, -found.by_mm, told)


def _offset_told(one: str, other: str, found: Difference, offset_mm: float) -> str:
    """The rim of a view is its camera's offset, mirrored or not."""
    farther = "farther from" if found.by_mm > 0 else "nearer to"
    return (
        f"{other} sees lane edges {abs(found.by_mm):.2f} mm {farther} the operator side than {one} where both look: "
        f"calibrate {other} with --cross-offset-mm {offset_mm - found.by_mm:.2f} instead of {offset_mm:.2f}, "
        f"or move {one}'s by {found.by_mm:+.2f}"
    )


def _overlap(
    connection: Connection, roll_id: str, joined_mm: float, first: Camera, second: Camera
) -> Iterator[RollFact]:
    """What lies in the middle of a wider overlap than the recipe tells of is not joined, but counted twice."""
    (one, view), (other, other_view) = first, second
    shared = overlap(view, other_view)
    if shared is None or (wide_mm := shared[1] - shared[0]) <= joined_mm:
        return
    told = (
        f"the views of {one} and {other} overlap by {wide_mm:.1f} mm, and defects are joined across {joined_mm:g} mm: "
        f"what lies between counts twice; say [joining] overlap_mm = {ceil(wide_mm)} in the recipe"
    )
    yield RollFact("overlap", (one, other), *_seen_mm(connection, roll_id, (one, other)), wide_mm, told)


def _seen_mm(connection: Connection, roll_id: str, cameras: Iterable[str]) -> tuple[float, float]:
    """From where to where cameras saw the web."""
    extents = [reads.extent(connection, camera_id, roll_id) for camera_id in cameras]
    begins = [each.from_mm for each in extents if each.from_mm is not None]
    return min(begins, default=0.0), max((each.to_mm for each in extents if each.to_mm is not None), default=0.0)


def _gaps(connection: Connection, roll_id: str, placed: Iterable[Camera]) -> Iterator[RollFact]:
    for side, of_side in groupby(sorted(placed, key=_by_side), key=lambda camera: camera[1].side):
        cameras = list(of_side)
        reaches = [lanes_reach(connection, roll_id, *camera) for camera in cameras]
        seen = [reach for reach in reaches if reach]
        if not seen:
            continue
        lanes_mm = min(left for left, _ in seen), max(right for _, right in seen)
        for left, right in gaps((view for _, view in cameras), lanes_mm):
            yield _gap(connection, roll_id, side, (left, right), tuple(name for name, _ in cameras))


def _by_side(camera: Camera) -> tuple[str, float]:
    return camera[1].side, camera[1].left_mm


def _gap(
    connection: Connection, roll_id: str, side: str, gap_mm: tuple[float, float], cameras: tuple[str, ...]
) -> RollFact:
    width = gap_mm[1] - gap_mm[0]
    told = (
        f"nobody looks at {width:.1f} mm of the {side} side, from {gap_mm[0]:.1f} to {gap_mm[1]:.1f} mm from the "
        "operator side: move the cameras beside it together, or calibrate them with their true --cross-offset-mm"
    )
    return RollFact("gap", cameras, *_seen_mm(connection, roll_id, cameras), width, told)
