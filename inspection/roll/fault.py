"""A fault: a stretch of a lane, and what is wrong with it. What judges rolls and cuts them speaks of nothing else."""

from dataclasses import dataclass
from enum import StrEnum

from inspection.defect import Severity


class Cause(StrEnum):
    """What a fault comes from."""

    DEFECT = "defect"
    REPEAT = "repeat"
    DENSITY = "density"
    LANE = "lane"
    NOT_INSPECTED = "not_inspected"
    HELD = "held"
    SPLICE = "splice"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a stretch of web.

    Attributes
    ----------
    cause : Cause
    lane : int or None
        None is the whole width.
    from_mm, to_mm : float
        Along the web, from the start of the roll.
    severity : Severity or None
        None of what could not be judged: web that was not inspected, or held.
    why : str
        In words, as a person would tell it.
    """

    cause: Cause
    lane: int | None
    from_mm: float
    to_mm: float
    severity: Severity | None
    why: str
