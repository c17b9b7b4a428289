"""All that is wrong with a roll, from every part that knows of something: what verdicts and cuts rest on.

A part is one line in `PARTS`: a function that tells faults of a roll. What makes it doubtful where things lie, or how
much was seen, is one line in `DOUBTS`: it tells why in words, and no lane of the roll passes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeAlias

from inspection.defect import Kind, Severity
from inspection.roll.along import Stretch, joined, without
from inspection.roll.coverage import TOUCHING_MM, gaps, held_stretches
from inspection.roll.defect_faults import defect_faults
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause, Fault
from inspection.roll.roll_settings import severities_from, severity_rank
from inspection.verdict import Verdict
from service.rollbook.evidence import Evidence, kept_evidence
from service.rollbook.lost_lanes import lanes_of_one_number_apart, planned_lanes_not_found
from service.rollbook.patterns import MOST_SEARCHED
from service.rollbook.seen import SeenRoll, seen_roll
from service.store.connection import Connection

Part: TypeAlias = Callable[[Evidence], Iterable[Fault]]
Doubt: TypeAlias = Callable[[Evidence], Iterable[str]]

_STILL_TO_COME_MM = 20_000.0
"""A camera's frames wait no longer than some seconds; one that is farther behind the others has stopped."""


@dataclass(frozen=True)
class FaultyRoll:
    """A roll, all that is wrong with it, and why it is doubtful where."""

    seen: SeenRoll
    faults: Sequence[Fault]
    doubts: Sequence[str]

    @cached_property
    def extent(self) -> RollExtent:
        """The roll's web, what was not seen of it included."""
        return self.seen.extent.covering(self.faults)


def faulty_roll(connection: Connection, roll_id: str) -> FaultyRoll:
    """Gather all that is wrong with a roll.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    return faulty_by(kept_evidence(connection, seen_roll(connection, roll_id)))


def faulty_by(evidence: Evidence) -> FaultyRoll:
    """Gather all that is wrong with a roll by what is known of it."""
    faults = [fault for part in PARTS for fault in part(evidence)]
    return FaultyRoll(evidence.seen, faults, [why for doubt in DOUBTS for why in doubt(evidence)])


def seen_defects(evidence: Evidence) -> Iterator[Fault]:
    """Tell defects, but for minor ones where the recipe leaves them in: those are told by their density.

    What nobody could name is told whatever its severity: its frame was warned of, and so is its lane. So is whatever
    rejects a frame: no roll passes with a frame that was rejected.
    """
    seen = evidence.seen
    rejecting = [each for each in Severity if getattr(seen.recipe.verdict, each.value) is Verdict.REJECT]
    grave = severities_from(min(Severity.MAJOR, seen.recipe.roll.cut_from, *rejecting, key=severity_rank))
    return defect_faults(evidence.places(grave, Kind.UNKNOWN), seen.extent)


def patterned_web(evidence: Evidence) -> Iterable[Fault]:
    """Tell what repeats and what crowds."""
    return evidence.patterns()


def lanes_out_of_tolerance(evidence: Evidence) -> Iterator[Fault]:
    """Tell lanes out of tolerance, metre by metre: the first and the last metre only as far as there is web."""
    seen = evidence.seen
    for fault in evidence.lanes.faults(seen.recipe.lanes):
        start, end = seen.within(fault.from_mm, fault.to_mm)
        yield replace(fault, from_mm=start, to_mm=end)


def lost_web(evidence: Evidence) -> Iterator[Fault]:
    """Tell what each camera's refused and missing frames would have shown, and where no frame showed anything."""
    seen = evidence.seen
    for camera_id, lost in seen.lost.items():
        placed = [
            (each.from_mm, each.to_mm, f"not inspected: {', '.join(sorted(each.causes))}")
            for each in lost
            if each.from_mm is not None and each.to_mm is not None
        ]
        known = joined((start, end) for start, end, _ in placed)
        unknown = ((*gap, "not inspected: no frame shows it") for gap in _gaps(seen, camera_id, known))
        for start, end, why in (*placed, *unknown):
            yield from _of_camera(seen, camera_id, Cause.NOT_INSPECTED, start, end, why)


def held_web(evidence: Evidence) -> Iterator[Fault]:
    """Tell where frames could not be judged."""
    seen = evidence.seen
    for camera_id, frames in seen.frames.items():
        for each in held_stretches(frames):
            why = f"held: {', '.join(each.holds)}"
            yield from _of_camera(seen, camera_id, Cause.HELD, each.from_mm, each.to_mm, why)


def spliced_web(evidence: Evidence) -> Iterator[Fault]:
    """Tell splices, each once however many cameras saw it."""
    for start, end in joined(evidence.splices):
        yield Fault(Cause.SPLICE, None, start, end, None, "splice")


def lost_without_a_place(evidence: Evidence) -> Iterator[str]:
    """Tell of refused frames of which nobody knows where they lay."""
    for camera_id, lost in evidence.seen.lost.items():
        nowhere = (each for each in lost if each.from_mm is None or each.to_mm is None)
        if count := sum(each.last - each.first + 1 for each in nowhere):
            yield f"{count} frames of {camera_id} were not inspected, and nothing tells where they lay"


def doubtful_places(evidence: Evidence) -> Iterable[str]:
    """Tell of encoders and cameras that make it doubtful where things lie, or leave web between them unseen."""
    return evidence.doubts


def searched_in_part(evidence: Evidence) -> Iterator[str]:
    """Tell from where on nobody searched for patterns."""
    if evidence.searched_to_mm is not None:
        yield (
            f"marks of rollers and crowds were searched among the first {MOST_SEARCHED} defects alone, "
            f"not from {evidence.searched_to_mm / 1e3:.1f} m on"
        )


PARTS: Final[tuple[Part, ...]] = (
    seen_defects,
    patterned_web,
    lanes_out_of_tolerance,
    planned_lanes_not_found,
    lost_web,
    held_web,
    spliced_web,
)
DOUBTS: Final[tuple[Doubt, ...]] = (
    lost_without_a_place,
    doubtful_places,
    lanes_of_one_number_apart,
    searched_in_part,
)


def _gaps(seen: SeenRoll, camera_id: str, known: Sequence[Stretch]) -> list[Stretch]:
    """Where a camera saw nothing and no number tells why; of an open roll a little at its end is still to come."""
    frames, end = seen.frames.get(camera_id, ()), seen.extent.to_mm
    if seen.still_open:
        came_to = max((frame.to_mm for frame in frames), default=seen.extent.from_mm)
        end = came_to if end - came_to <= _STILL_TO_COME_MM else end
    left = without(gaps(frames, seen.extent.from_mm, end), known)
    return [(start, end) for start, end in left if end - start > TOUCHING_MM]


def _of_camera(seen: SeenRoll, camera_id: str, cause: Cause, from_mm: float, to_mm: float, why: str) -> Iterator[Fault]:
    """Give what a camera did not see to the lanes that it sees; to the whole width where it never measured one."""
    for lane in seen.lanes_of.get(camera_id, (None,)):
        yield Fault(cause, lane, from_mm, to_mm, None, why)
