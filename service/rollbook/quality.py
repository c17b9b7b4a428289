"""What a roll is worth, and what to cut out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from inspection.roll.cuts import Cut, cut_list
from inspection.roll.roll_verdict import LaneVerdict, RollVerdict, judge_roll
from inspection.verdict import Verdict
from service.rollbook.faults import FaultyRoll, faulty_roll
from service.store.connection import Connection


@dataclass(frozen=True)
class RollQuality:
    """A roll's verdict.

    Attributes
    ----------
    roll_id, recipe_name : str
    recipe_version : int
    product : str or None
    still_open : bool
        Frames may still come: it is the verdict so far.
    verdict : Verdict
        Its worst lane's.
    reasons : tuple of str
        Worst lane first.
    lanes : tuple of LaneVerdict
    """

    roll_id: str
    recipe_name: str
    recipe_version: int
    product: str | None
    still_open: bool
    verdict: Verdict
    reasons: tuple[str, ...]
    lanes: tuple[LaneVerdict, ...]


@dataclass(frozen=True)
class JudgedRoll:
    """A roll with all that is wrong with it; verdict and cuts are made when they are asked for."""

    faulty: FaultyRoll

    @cached_property
    def verdict(self) -> RollVerdict:
        """What it is worth, by lane."""
        faulty, seen = self.faulty, self.faulty.seen
        return judge_roll(
            faulty.faults, faulty.extent, seen.recipe.roll, doubts=faulty.doubts, still_open=seen.still_open
        )

    @cached_property
    def cuts(self) -> Sequence[Cut]:
        """What to cut out of each lane."""
        return cut_list(self.faulty.faults, self.faulty.extent, self.faulty.seen.recipe.roll)


def judged_roll(connection: Connection, roll_id: str) -> JudgedRoll:
    """Gather what is wrong with a roll, to be judged and cut.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    return JudgedRoll(faulty_roll(connection, roll_id))


def roll_quality(connection: Connection, roll_id: str) -> RollQuality:
    """Judge a roll.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    judged = judged_roll(connection, roll_id)
    seen, verdict = judged.faulty.seen, judged.verdict
    return RollQuality(
        roll_id=roll_id,
        recipe_name=seen.entry.recipe_name,
        recipe_version=seen.entry.recipe_version,
        product=seen.entry.product,
        still_open=seen.still_open,
        verdict=verdict.verdict,
        reasons=verdict.reasons,
        lanes=verdict.lanes,
    )
