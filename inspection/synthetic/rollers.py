"""Rollers with something on them: where along the web each leaves its marks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspection.synthetic.optics import stream


@dataclass(frozen=True)
class MarkingRoller:
    """A roller that marks the web once a turn, but for some turns.

    Attributes
    ----------
    seed, number : int
        The web's, and the roller's on it: they settle which turns are missed.
    circumference_mm : float
    phase_mm : float
        Along the web, of the mark of turn 0.
    across : float
        Share of the coated width.
    shape_seed : int
        Its marks look alike.
    missed : float
        Share of turns that leave none.
    """

    seed: int
    number: int
    circumference_mm: float
    phase_mm: float
    across: float
    shape_seed: int
    missed: float

    def marks_mm(self, from_mm: float, to_mm: float) -> list[float]:
        """Where marks begin on a stretch of web."""
        first = int(np.ceil((from_mm - self.phase_mm) / self.circumference_mm))
        last = int(np.ceil((to_mm - self.phase_mm) / self.circumference_mm))
        return [self.phase_mm + turn * self.circumference_mm for turn in range(first, last) if self._marks(turn)]

    def _marks(self, turn: int) -> bool:
        if not self.missed:
            return True
        return float(stream(self.seed, 5, self.number, turn + (1 << 30)).uniform()) >= self.missed


def marking_rollers(seed: int, circumferences_mm: Sequence[float], missed: float) -> tuple[MarkingRoller, ...]:
    """Mount rollers, each at a place of its own."""
    rng = stream(seed, 5)
    mounted = []
    for number, circumference in enumerate(circumferences_mm):
        phase, across, shape_seed = rng.uniform() * circumference, rng.uniform(0.1, 0.9), int(rng.integers(1 << 31))
        mounted.append(MarkingRoller(seed, number, circumference, phase, across, shape_seed, missed))
    return tuple(mounted)
