"""Evidence: what a roll is judged by, whether it was kept or a recipe is tried on it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from inspection.defect import Kind, Severity
from inspection.roll.along import Stretch
from inspection.roll.defect_faults import DefectPlace
from inspection.roll.fault import Fault
from service.rollbook.facts import facts_of
from service.rollbook.lanes import MeasuredLanes, measured_lanes
from service.rollbook.patterns import MOST_SEARCHED, patterns_of
from service.rollbook.seen import SeenRoll
from service.store import webs
from service.store.connection import Connection
from service.store.defect_places import defect_places
from service.store.lane_reads import lane_metres_seen

Places: TypeAlias = Callable[[Sequence[Severity], Kind], Iterator[DefectPlace]]
"""Tells the roll's defects of some severities, and of one kind those of every other severity too; in no order."""


@dataclass(frozen=True)
class Evidence:
    """All that a roll is judged by.

    Attributes
    ----------
    seen : SeenRoll
        What was seen of it, and the recipe to judge it by.
    places : callable
        Tells its defects.
    patterns : callable
        Tells what repeats and what crowds.
    searched_to_mm : float or None
        Where the search for these ended; None where it saw the whole roll.
    splices : sequence of (float, float)
    lanes : MeasuredLanes
    lanes_found : callable
        Tells in which metres each lane was found.
    doubts : sequence of str
        What makes places on it doubtful.
    """

    seen: SeenRoll
    places: Places
    patterns: Callable[[], Iterable[Fault]]
    searched_to_mm: float | None
    splices: Sequence[Stretch]
    lanes: MeasuredLanes
    lanes_found: Callable[[], dict[int, set[int]]]
    doubts: Sequence[str]


def kept_evidence(connection: Connection, seen: SeenRoll) -> Evidence:
    """Return what the store has of a roll."""
    roll_id, splices = seen.entry.roll_id, webs.splices_of(connection, seen.entry.roll_id)
    return Evidence(
        seen=seen,
        places=partial(defect_places, connection, roll_id),
        patterns=lambda: patterns_of(webs.defects_along(connection, roll_id), seen, splices),
        searched_to_mm=webs.place_of(connection, roll_id, MOST_SEARCHED),
        splices=splices,
        lanes=measured_lanes(connection, seen),
        lanes_found=partial(lane_metres_seen, connection, roll_id),
        doubts=[fact.told for fact in facts_of(connection, roll_id)],
    )
