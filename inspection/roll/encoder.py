"""The encoder: whether the positions of a camera's frames grow with their numbers.

In:  the steps at which they fall, in the order of the frames' numbers.
Out: reversals, each a run of frames over which they go on falling.

Web that passes is inspected whatever the encoder says; but two frames then claim the same place, and nobody can tell
which of them lies there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class StepBack:
    """A frame that begins before the one answered before it.

    Attributes
    ----------
    before, sequence : int
        Numbers of the two frames.
    position_mm : float
        Where the later one begins.
    end_mm : float
        Where the earlier one ends.
    fall_mm : float
        From beginning to beginning.
    """

    before: int
    sequence: int
    position_mm: float
    end_mm: float
    fall_mm: float


@dataclass(frozen=True)
class Reversal:
    """Frames over which positions fall.

    Attributes
    ----------
    first, last : int
        Numbers of the last frame before it, and of its last one.
    from_mm, to_mm : float
        The web that these frames claim.
    fall_mm : float
        From the beginning of the first to that of the last.
    """

    first: int
    last: int
    from_mm: float
    to_mm: float
    fall_mm: float


def reversals(steps: Iterable[StepBack]) -> list[Reversal]:
    """Join steps back that follow each other.

    Parameters
    ----------
    steps : iterable of StepBack
        In the order of the frames' numbers.
    """
    found: list[Reversal] = []
    for step in steps:
        if found and found[-1].last == step.before:
            found[-1] = _longer(found[-1], step)
        else:
            found.append(Reversal(step.before, step.sequence, step.position_mm, step.end_mm, step.fall_mm))
    return found


def _longer(reversal: Reversal, step: StepBack) -> Reversal:
    return replace(
        reversal,
        last=step.sequence,
        from_mm=min(reversal.from_mm, step.position_mm),
        to_mm=max(reversal.to_mm, step.end_mm),
        fall_mm=reversal.fall_mm + step.fall_mm,
    )
