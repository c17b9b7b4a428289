"""What repeats on a roll: which roller marks it, where, and by how much chance is ruled out."""

from dataclasses import dataclass
from itertools import islice

from inspection.roll.repeats import Repeat, find_repeats, is_mark, told_of
from service.rollbook.opened import opened_roll
from service.store.connection import Connection
from service.store.entries import frame_id
from service.store.roll_alarms import BEGINS_MM
from service.store.webs import defects_along, splices_of

MOST_MARKS = 100_000
"""Defects that are searched at once: a second or two of work."""


@dataclass(frozen=True)
class RollRepeat:
    """Something that a roller does once a turn; see `inspection.roll.repeats.Repeat`."""

    told: str
    kind: str
    roller: str | None
    cross_mm: float
    first_mm: float
    last_mm: float
    pitch_mm: float
    pitch_error_mm: float
    marks: int
    missed: int
    expected_false: float
    confidence: float
    defects: list[str]


@dataclass(frozen=True)
class RollRepeats:
    """What repeats on a roll.

    Attributes
    ----------
    roll_id : str
    from_mm : float
        The web was searched from here on.
    marks : int
        Defects that were looked at.
    next_from_mm : float or None
        Where the search ended because there were too many: ask again from here. Null: at the end of the roll.
    repeats : list of RollRepeat
    """

    roll_id: str
    from_mm: float
    marks: int
    next_from_mm: float | None
    repeats: list[RollRepeat]


def repeats_of_roll(connection: Connection, roll_id: str, from_mm: float = 0.0) -> RollRepeats:
    """Find what repeats on a roll from a place on, among at most `MOST_MARKS` defects.

    A repeat that goes on beyond the last of these is found as far as they reach.

    Raises
    ------
    UnknownRoll, RecipeError
    """
    settings = opened_roll(connection, roll_id).recipe.repeats
    along = defects_along(connection, roll_id, from_mm <= BEGINS_MM)
    marks = list(islice((one for one in along if is_mark(one, settings)), MOST_MARKS + 1))
    beyond = marks[MOST_MARKS].from_mm if len(marks) > MOST_MARKS else None
    found = find_repeats(marks[:MOST_MARKS], settings, splices_of(connection, roll_id))
    return RollRepeats(roll_id, from_mm, len(marks[:MOST_MARKS]), beyond, [_told(repeat) for repeat in found])


def _told(repeat: Repeat) -> RollRepeat:
    """Tell a repeat; lengths to a micrometre."""
    return RollRepeat(
        told=told_of(repeat),
        kind=repeat.kind.value,
        roller=repeat.roller,
        cross_mm=round(repeat.cross_mm, 3),
        first_mm=round(repeat.first_mm, 3),
        last_mm=round(repeat.last_mm, 3),
        pitch_mm=round(repeat.pitch_mm, 4),
        pitch_error_mm=round(repeat.pitch_error_mm, 4),
        marks=len(repeat.marks),
        missed=repeat.missed,
        expected_false=repeat.expected_false,
        confidence=repeat.confidence,
        defects=[f"{frame_id(frame)}.{number}" for frame, number in (mark.identity for mark in repeat.marks)],
    )
