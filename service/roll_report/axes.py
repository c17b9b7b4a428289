"""Axes of charts: where a value lies on paper, and which round values get a tick."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True)
class Axis:
    """Values laid out between two places on paper, in mm; `start` may lie behind `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies; what lies outside is put at the rim."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Give the places of round values and how they are written, a few at most."""
        step = _round_step((self.high - self.low) / most)
        digits = max(0, -floor(log10(step)))
        return [(self.at(value), f"{value:,.{digits}f}".replace(",", "\u202f")) for value in self._rounds(step)]

    def _rounds(self, step: float) -> Iterator[float]:
        for number in range(ceil(self.low / step), floor(self.high / step) + 1):
            yield number * step


def _round_step(least: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    if least <= 0:
        return 1.0
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
