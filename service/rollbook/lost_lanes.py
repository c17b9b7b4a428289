"""Planned lanes that nobody found, and lanes of which nobody can tell which they are.

In:  in which metres lanes were found, and the recipe's plan.
Out: faults where a planned lane was in no camera's answer; doubt where two lanes bear one number.

A camera that found other lanes looked at this place and did not show the lane: coating is missing, or out of its sight.
Nobody can tell which, so it is web that was not inspected.
"""

from collections.abc import Iterator

from inspection.roll.along import Stretch, joined
from inspection.roll.fault import Cause, Fault
from service.rollbook.evidence import Evidence
from service.rollbook.seen import SeenRoll

_WHY = "not inspected: no camera found this planned lane"
_MM_PER_M = 1000.0


def planned_lanes_not_found(evidence: Evidence) -> Iterator[Fault]:
    """Tell where lanes of the plan were not found, but where lost or held frames are the reason anyway."""
    seen = evidence.seen
    found = evidence.lanes_found() if seen.recipe.lanes.plan else {}
    told = _told_anyway(seen) if found else []
    for lane in range(1, len(seen.recipe.lanes.plan) + 1) if found else ():
        for start, end in _missing(found, lane, seen, told):
            yield Fault(Cause.NOT_INSPECTED, lane, start, end, None, _WHY)


def lanes_of_one_number_apart(evidence: Evidence) -> Iterator[str]:
    """Tell of lanes that several cameras call by one number although they lie apart: no plan numbers them."""
    if apart := [str(lane) for lane in evidence.seen.lanes_apart]:
        numbers = f"lanes {', '.join(apart[:-1])} and {apart[-1]}" if len(apart) > 1 else f"lanes {apart[0]}"
        yield f"{numbers} of several cameras lie apart: number them by a lane plan in the recipe, [[lanes.plan]]"


def _missing(found: dict[int, set[int]], lane: int, seen: SeenRoll, told: list[Stretch]) -> list[Stretch]:
    """Where one planned lane was not found; a lane that never was is missing all along."""
    if lane not in found:
        return [(seen.extent.from_mm, seen.extent.to_mm)] if seen.extent.length_mm > 0 else []
    metres = set.union(*found.values()) - found[lane]
    places = ((metre * _MM_PER_M, (metre + 1) * _MM_PER_M) for metre in metres)
    unexplained = (place for place in places if not any(start < place[1] and place[0] < end for start, end in told))
    return [seen.within(*place) for place in joined(unexplained)]


def _told_anyway(seen: SeenRoll) -> list[Stretch]:
    """Where frames were lost or could not be judged: that is told by itself."""
    held = [(each.from_mm, each.to_mm) for frames in seen.frames.values() for each in frames if each.holds]
    lost = [(each.from_mm, each.to_mm) for of_camera in seen.lost.values() for each in of_camera]
    return joined([*held, *((start, end) for start, end in lost if start is not None and end is not None)])
