"""What a roll's defects show together: marks of rollers, and crowds of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from inspection.roll.along import Stretch
from inspection.roll.density import density_faults
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Fault
from inspection.roll.repeats import find_repeats, is_mark, repeat_faults
from inspection.roll.web_defect import WebDefect
from service.rollbook.seen import SeenRoll

MOST_SEARCHED = 100_000
"""Defects that are looked at together: a few seconds of work. A roll with more is not going to pass for them."""


def patterns_of(defects: Iterable[WebDefect], seen: SeenRoll, splices: Sequence[Stretch]) -> Iterator[Fault]:
    """Tell what repeats and what crowds, among the roll's first defects where there are too many.

    Parameters
    ----------
    defects : iterable of WebDefect
        Along the web.
    seen : SeenRoll
    splices : sequence of (float, float)
    """
    recipe = seen.recipe
    along = [_in_a_lane(defect, seen.extent) for defect in islice(defects, MOST_SEARCHED)]
    marks = [defect for defect in along if is_mark(defect, recipe.repeats)]
    yield from repeat_faults(find_repeats(marks, recipe.repeats, splices), recipe.repeats)
    widths_mm = {strip.lane: strip.width_mm for strip in seen.extent.strips}
    yield from density_faults(along, recipe.density, widths_mm)


def _in_a_lane(defect: WebDefect, extent: RollExtent) -> WebDefect:
    """What lies on foil goes with the lane that this foil is slit off with; no other lane is cut for it."""
    if defect.lane is not None or not extent.strips:
        return defect
    return replace(defect, lane=extent.lanes_across(defect.left_mm, defect.right_mm)[0])
