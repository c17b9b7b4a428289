"""The rollers of a line, and what counts as a repeat of one of them: a recipe's heading `[repeats]`."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from inspection.defect import Severity
from inspection.errors import RecipeError


@dataclass(frozen=True)
class Roller:
    """A roller that touches the web.

    Attributes
    ----------
    name : str
        As the line's drawing calls it.
    circumference_mm : float
        What it prints, it prints once in so much web.

    Raises
    ------
    RecipeError
        It has no name.
    """

    name: str
    circumference_mm: Annotated[float, Interval(gt=0, le=20_000)]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise RecipeError("expected a name for each roller, got none: give the one that the line's drawing has")


@dataclass(frozen=True)
class RepeatSettings:
    """What counts as a repeat.

    Attributes
    ----------
    rollers : tuple of Roller
        Those of this line; a repeat is laid to the one whose circumference is its pitch.
    severity : Severity
        What each mark of a repeat is: small as it may be, it is there at every turn until somebody cleans the roller.
    shortest_pitch_mm, longest_pitch_mm : float
        Marks that come again in less or more web than this are no repeat.
    cross_tolerance_mm : float
        How far across the web a mark may lie from the mark before it; the web wanders slowly.
    down_tolerance_mm : float
        How far along the web a mark may lie from where its turn wants it.
    roller_tolerance_mm : float
        How far a pitch may be from a roller's circumference.
    least_marks : int
        So many marks make a repeat; one less does where chance is ten times less likely than it may be.
    false_per_roll : float
        How many repeats that are none may be expected on a roll.
    most_missed : int
        Turns one behind the other without a mark that do not end a repeat.
    longest_mark_mm : float
        What is longer is no mark.

    Raises
    ------
    RecipeError
        The pitches or tolerances leave nothing to find, or two rollers cannot be told apart by name.
    """

    rollers: tuple[Roller, ...] = ()
    severity: Severity = Severity.MAJOR
    shortest_pitch_mm: Annotated[float, Interval(ge=5, le=20_000)] = 50.0
    longest_pitch_mm: Annotated[float, Interval(ge=5, le=20_000)] = 3000.0
    cross_tolerance_mm: Annotated[float, Interval(gt=0, le=50)] = 1.5
    down_tolerance_mm: Annotated[float, Interval(gt=0, le=50)] = 1.0
    roller_tolerance_mm: Annotated[float, Interval(gt=0, le=100)] = 2.0
    least_marks: Annotated[int, Interval(ge=3, le=100)] = 4
    false_per_roll: Annotated[float, Interval(gt=0, le=1)] = 0.01
    most_missed: Annotated[int, Interval(ge=0, le=10)] = 3
    longest_mark_mm: Annotated[float, Interval(gt=0, le=1000)] = 50.0

    def __post_init__(self) -> None:
        if self.longest_pitch_mm <= self.shortest_pitch_mm:
            raise RecipeError(
                f"expected longest_pitch_mm above shortest_pitch_mm {self.shortest_pitch_mm:g}, got "
                f"{self.longest_pitch_mm:g}: exchange them"
            )
        if self.down_tolerance_mm * 4 > self.shortest_pitch_mm:
            raise RecipeError(
                f"expected down_tolerance_mm of at most a quarter of shortest_pitch_mm {self.shortest_pitch_mm:g}, got "
                f"{self.down_tolerance_mm:g}: what lies anywhere would be a repeat"
            )
        for name, times in Counter(roller.name for roller in self.rollers).items():
            if times > 1:
                raise RecipeError(f"expected one roller of each name, got {times} named {name}: rename them")

    @property
    def window_mm(self) -> float:
        """Web that shows a repeat of any pitch with some turns missed; more is not needed to find one that began."""
        return self.longest_pitch_mm * (self.least_marks + self.most_missed)

    def roller_of(self, pitch_mm: float) -> str | None:
        """Name the roller that turns once in a pitch; None where there is none of that circumference."""
        near = min(self.rollers, key=lambda roller: abs(roller.circumference_mm - pitch_mm), default=None)
        if near is None or abs(near.circumference_mm - pitch_mm) > self.roller_tolerance_mm:
            return None
        return near.name
