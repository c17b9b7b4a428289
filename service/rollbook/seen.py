"""A roll as it was seen: its frames, how far they reach, and where its lanes lie."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

from inspection.roll.coverage import SeenFrame, seen_ends
from inspection.roll.extent import LaneStrip, RollExtent
from service.rollbook.not_inspected import lost_by
from service.rollbook.opened import OpenedRoll, opened_roll
from service.store import coverage, reads
from service.store.connection import Connection
from service.store.coverage import LaneSeen
from service.stretches import Stretch


@dataclass(frozen=True)
class SeenRoll(OpenedRoll):
    """An opened roll, and what was seen of it.

    Attributes
    ----------
    frames : mapping of str to sequence of SeenFrame
        Along the web, by camera.
    extent : RollExtent
    lanes_of : mapping of str to sequence of int
        Lanes that each camera measured; a camera that measured none is left out.
    lanes_apart : sequence of int
        Numbers by which cameras call lanes that lie apart.
    lost : mapping of str to sequence of Stretch
        What was refused, missing or lost of each camera's frames.
    still_open : bool
    """

    frames: Mapping[str, Sequence[SeenFrame]]
    extent: RollExtent
    lanes_of: Mapping[str, Sequence[int]]
    lanes_apart: Sequence[int]
    lost: Mapping[str, Sequence[Stretch]]
    still_open: bool

    def within(self, from_mm: float, to_mm: float) -> tuple[float, float]:
        """Keep to the web that any camera saw: a metre in which something was measured may lie beyond it in part."""
        begins, ends = self._reach_mm
        start, end = max(from_mm, begins), min(to_mm, ends)
        return (start, end) if start < end else (from_mm, to_mm)

    @cached_property
    def _reach_mm(self) -> tuple[float, float]:
        """From where to where any camera saw; a roll of many faults asks for it as often."""
        seen = [each for frames in self.frames.values() for each in frames]
        begins, ends = (each.from_mm for each in seen), (each.to_mm for each in seen)
        return min(begins, default=-inf), max(ends, default=inf)


def seen_roll(connection: Connection, roll_id: str) -> SeenRoll:
    """Return a roll as it was seen.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    opened = opened_roll(connection, roll_id)
    frames, cameras = coverage.seen_frames(connection, roll_id), reads.cameras_of_roll(connection, roll_id)
    lanes = [*coverage.lanes_seen(connection, roll_id), *_lanes_answered(connection, roll_id)]
    return SeenRoll(
        entry=opened.entry,
        recipe=opened.recipe,
        frames=frames,
        extent=RollExtent(*seen_ends(frames), strips=lane_strips(lanes)),
        lanes_of=_by_camera(lanes),
        lanes_apart=lanes_apart(lanes),
        lost={camera_id: lost_by(connection, roll_id, camera_id).stretches for camera_id in cameras},
        still_open=coverage.closed_at(connection, roll_id) is None,
    )


def lane_strips(seen: Iterable[LaneSeen]) -> tuple[LaneStrip, ...]:
    """Put what cameras saw of each lane together.

    Parameters
    ----------
    seen : iterable of LaneSeen
        What is told first counts first: averages over the roll, edges in the last frames' answers, then how far those
        frames saw. Of two cameras that each see one edge of a lane, both edges count.
    """
    by_lane: dict[int, list[LaneSeen]] = defaultdict(list)
    for each in seen:
        by_lane[each.lane].append(each)
    strips = (_strip(lane, told) for lane, told in by_lane.items())
    return tuple(sorted((strip for strip in strips if strip), key=lambda strip: (strip.left_mm, strip.lane)))


def lanes_apart(seen: Iterable[LaneSeen]) -> list[int]:
    """List the numbers of lanes that do not overlap, although cameras call them by the same one."""
    reaches: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for each in seen:
        if each.left_mm is not None and each.right_mm is not None:
            reaches[each.lane].append((each.left_mm, each.right_mm))
    apart = (lane for lane, of_lane in reaches.items() if max(of_lane)[0] >= min(right for _, right in of_lane))
    return sorted(apart)


def _strip(lane: int, told: Sequence[LaneSeen]) -> LaneStrip | None:
    left = next((each.left_mm for each in told if each.left_mm is not None), None)
    right = next((each.right_mm for each in told if each.right_mm is not None), None)
    if left is None or right is None or right <= left:
        return None
    return LaneStrip(lane, left, right, next((each.width_mm for each in told if each.width_mm), right - left))


def _lanes_answered(connection: Connection, roll_id: str) -> list[LaneSeen]:
    """Take lanes from the answer of each camera's last frame: edges in sight, then how far the frame showed them."""
    answers = coverage.last_answers(connection, roll_id)
    told = [(camera_id, lane) for camera_id, answer in answers.items() for lane in json.loads(answer).get("lanes", ())]
    return [*(_edges(*each) for each in told), *(_reach(*each) for each in told)]


def _edges(camera_id: str, lane: Mapping[str, Any]) -> LaneSeen:
    left, right = (lane[f"{rim}_mm"] if lane.get(f"{rim}_in_sight", True) else None for rim in ("left", "right"))
    return LaneSeen(camera_id, lane["lane"], left, right, None if None in (left, right) else lane["width_mm"])


def _reach(camera_id: str, lane: Mapping[str, Any]) -> LaneSeen:
    return LaneSeen(camera_id, lane["lane"], lane["left_mm"], lane["right_mm"], None)


def _by_camera(seen: Iterable[LaneSeen]) -> dict[str, list[int]]:
    lanes: dict[str, set[int]] = defaultdict(set)
    for each in seen:
        lanes[each.camera_id].add(each.lane)
    return {camera_id: sorted(of_camera) for camera_id, of_camera in lanes.items()}
