"""Facts of a roll that make its places doubtful: an encoder in reverse, cameras with wrong offsets or a gap between.

In:  positions by frame, views by camera, lane edges by metre, from the store.
Out: facts in words, each also as a fault without a severity: with one, a roll cannot pass.

Where an uncalibrated camera looks nobody knows, so that it is compared with none; all its frames are held anyway.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Literal, TypeAlias

from inspection.geometry import View
from inspection.roll.encoder import Reversal, reversals
from inspection.roll.fault import Cause, Fault
from inspection.roll.overlap import SAME_PLACE_MM, Difference, around, difference, gaps, overlap
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
    about : {"position", "offset", "gap"}
        The encoder, a camera's offset, web between cameras.
    cameras : tuple of str
    from_mm, to_mm : float
        Along the web.
    by_mm : float
        How far positions fall, how much to add to the last camera's offset, how wide the gap is.
    told : str
        In words, with what to do.
    """

    about: Literal["position", "offset", "gap"]
    cameras: tuple[str, ...]
    from_mm: float
    to_mm: float
    by_mm: float
    told: str

    @property
    def fault(self) -> Fault:
        """As rolls are judged and cut by: over the whole width."""
        cause = Cause.NOT_INSPECTED if self.about == "gap" else Cause.HELD
        return Fault(cause, None, self.from_mm, self.to_mm, None, self.told)


def facts_of(connection: Connection, roll_id: str) -> tuple[RollFact, ...]:
    """Return what makes the places of a roll doubtful."""
    cameras = reads.calibrations_of(connection, roll_id)
    views = views_of(connection, roll_id)
    placed = [(name, views[name]) for name, version in cameras.items() if version is not None and name in views]
    return (
        *(fact for name in cameras for fact in _positions(connection, roll_id, name)),
        *(
            fact
            for pair in combinations(sorted(placed, key=_from_left), 2)
            for fact in _offset(connection, roll_id, *pair)
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
        told = _offset_told(one, other, found)
        along = 1e3 * found.first_metre, 1e3 * (found.last_metre + 1)
        yield RollFact("offset", (one, other), *along, -found.by_mm, told)


def _offset_told(one: str, other: str, found: Difference) -> str:
    farther, lower, raise_ = ("farther", "lower", "raise") if found.by_mm > 0 else ("nearer", "raise", "lower")
    by = f"{abs(found.by_mm):.2f} mm"
    return (
        f"{other} sees lane edges {by} {farther} from the operator side than {one} where both look: {lower} the "
        f"cross_offset_mm of {other} by {by}, or {raise_} that of {one}, in a new calibration"
    )


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
    extents = [reads.extent(connection, camera_id, roll_id) for camera_id in cameras]
    begin = min((each.from_mm for each in extents if each.from_mm is not None), default=0.0)
    end = max((each.to_mm for each in extents if each.to_mm is not None), default=0.0)
    width = gap_mm[1] - gap_mm[0]
    told = (
        f"nobody looks at {width:.1f} mm of the {side} side, from {gap_mm[0]:.1f} to {gap_mm[1]:.1f} mm from the "
        "operator side: move the cameras beside it together, or correct their cross_offset_mm"
    )
    return RollFact("gap", cameras, begin, end, width, told)
