"""Stretches along the web, as pairs of millimetres: joined, kept between two places, taken away, measured."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Stretch: TypeAlias = tuple[float, float]
"""From and to, in mm; where a function asks for a sequence of them, in order and without overlap, as `joined` gives."""


def joined(stretches: Iterable[Stretch], within_mm: float = 0.0) -> list[Stretch]:
    """Put stretches in order, and those that overlap or lie no further apart than `within_mm` together."""
    done: list[Stretch] = []
    for start, end in sorted(stretches):
        if done and start <= done[-1][1] + within_mm:
            done[-1] = (done[-1][0], max(done[-1][1], end))
        else:
            done.append((start, end))
    return done


def between(stretches: Sequence[Stretch], from_mm: float, to_mm: float) -> list[Stretch]:
    """Keep what lies between two places."""
    kept = ((max(start, from_mm), min(end, to_mm)) for start, end in stretches)
    return [(start, end) for start, end in kept if start < end]


def without(stretches: Sequence[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """Take away what lies in others."""
    left: list[Stretch] = []
    waiting = iter(others)
    other = next(waiting, None)
    for start, end in stretches:
        at = start
        while other and other[1] <= at:
            other = next(waiting, None)
        while other and other[0] < end:
            if at < other[0]:
                left.append((at, other[0]))
            at = max(at, other[1])
            if other[1] > end:
                break
            other = next(waiting, None)
        if at < end:
            left.append((at, end))
    return left


def length_mm(stretches: Iterable[Stretch]) -> float:
    """Measure stretches that do not overlap."""
    return sum(end - start for start, end in stretches)
