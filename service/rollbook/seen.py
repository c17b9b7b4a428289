"""A roll as it was seen: its frames, how far they reach, and where its lanes lie."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspection.roll.coverage import SeenFrame, seen_ends
from inspection.roll.extent import LaneStrip, RollExtent
from service.rollbook.opened import OpenedRoll, opened_roll
from service.store import coverage, reads
from service.store.connection import Connection
from service.store.coverage import LaneSeen
from service.stretches import Stretch, stretches


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
    lost : mapping of str to sequence of Stretch
        What was refused, missing or lost of each camera's frames.
    still_open : bool
    """

    frames: Mapping[str, Sequence[SeenFrame]]
    extent: RollExtent
    lanes_of: Mapping[str, Sequence[int]]
    lost: Mapping[str, Sequence[Stretch]]
    still_open: bool


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
        lost={camera_id: _lost(connection, camera_id, roll_id) for camera_id in cameras},
        still_open=coverage.closed_at(connection, roll_id) is None,
    )


def lane_strips(seen: Iterable[LaneSeen]) -> tuple[LaneStrip, ...]:
    """Put what cameras saw of each lane together.

    Parameters
    ----------
    seen : iterable of LaneSeen
        What is told first counts first: averages over the roll, then the last frames' answers. Of two cameras that
        each see one edge of a lane, both edges count.
    """
    by_lane: dict[int, list[LaneSeen]] = defaultdict(list)
    for each in seen:
        by_lane[each.lane].append(each)
    strips = (_strip(lane, told) for lane, told in by_lane.items())
    return tuple(sorted((strip for strip in strips if strip), key=lambda strip: (strip.left_mm, strip.lane)))


def _strip(lane: int, told: Sequence[LaneSeen]) -> LaneStrip | None:
    left = next((each.left_mm for each in told if each.left_mm is not None), None)
    right = next((each.right_mm for each in told if each.right_mm is not None), None)
    if left is None or right is None or right <= left:
        return None
    return LaneStrip(lane, left, right, next((each.width_mm for each in told if each.width_mm), right - left))


def _lost(connection: Connection, camera_id: str, roll_id: str) -> list[Stretch]:
    return stretches(reads.runs(connection, camera_id, roll_id), reads.refused(connection, camera_id, roll_id))


def _lanes_answered(connection: Connection, roll_id: str) -> list[LaneSeen]:
    """Take lanes from the answer of each camera's last frame: the averages over the roll may not have them."""
    answers = coverage.last_answers(connection, roll_id)
    return [
        LaneSeen(camera_id, lane["lane"], lane["left_mm"], lane["right_mm"], lane["width_mm"])
        for camera_id, answer in answers.items()
        for lane in json.loads(answer).get("lanes", ())
    ]


def _by_camera(seen: Iterable[LaneSeen]) -> dict[str, list[int]]:
    lanes: dict[str, set[int]] = defaultdict(set)
    for each in seen:
        lanes[each.camera_id].add(each.lane)
    return {camera_id: sorted(of_camera) for camera_id, of_camera in lanes.items()}
