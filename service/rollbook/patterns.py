"""What a roll's defects show together: marks of rollers, and crowds of them."""

from collections.abc import Iterator
from itertools import islice

from inspection.roll.density import density_faults
from inspection.roll.fault import Fault
from inspection.roll.repeats import find_repeats, is_mark, repeat_faults
from service.rollbook.seen import SeenRoll
from service.store import webs
from service.store.connection import Connection

MOST_SEARCHED = 100_000
"""Defects that are looked at together: a few seconds of work. A roll with more is not going to pass for them."""


def patterned_web(connection: Connection, seen: SeenRoll) -> Iterator[Fault]:
    """Tell what repeats and what crowds, among the roll's first defects where there are too many."""
    recipe, roll_id = seen.recipe, seen.entry.roll_id
    along = list(islice(webs.defects_along(connection, roll_id), MOST_SEARCHED))
    marks = [defect for defect in along if is_mark(defect, recipe.repeats)]
    yield from repeat_faults(find_repeats(marks, recipe.repeats, webs.splices_of(connection, roll_id)), recipe.repeats)
    widths_mm = {strip.lane: strip.width_mm for strip in seen.extent.strips}
    yield from density_faults(along, recipe.density, widths_mm)


def searched_in_part(connection: Connection, seen: SeenRoll) -> Iterator[str]:
    """Tell from where on nobody searched for patterns."""
    begin_mm = webs.place_of(connection, seen.entry.roll_id, MOST_SEARCHED)
    if begin_mm is not None:
        yield (
            f"marks of rollers and crowds were searched among the first {MOST_SEARCHED} defects alone, "
            f"not from {begin_mm / 1e3:.1f} m on"
        )
