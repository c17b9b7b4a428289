"""Western Electric rules: which runs of points a process in control hardly ever shows.

Western Electric, Statistical Quality Control Handbook, 1956. By chance alone one of the four rules is broken every 92
points (Champ & Woodall, Technometrics 29(4), 1987): a roll of 1500 metres breaks some. So a broken rule is an alarm,
told with its place; a process counts as not stable when a rule is broken more often than chance gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.roll.poisson import poisson_upper


@dataclass(frozen=True)
class Rule:
    """So many of the last points are farther out than so many standard deviations, on one side.

    Attributes
    ----------
    number : int
    count, points : int
    sigmas : float
    by_chance : float
        How often a stretch that breaks it begins, per point of independent normal noise; of rules 1 and 4 by
        arithmetic, of 2 and 3 simulated over 4 million points.
    told : str
    """

    number: int
    count: int
    points: int
    sigmas: float
    by_chance: float
    told: str


RULES: Final = (
    Rule(1, 1, 1, 3.0, 0.0027, "beyond 3 sigma"),
    Rule(2, 2, 3, 2.0, 0.0019, "2 of 3 beyond 2 sigma on one side"),
    Rule(3, 4, 5, 1.0, 0.0034, "4 of 5 beyond 1 sigma on one side"),
    Rule(4, 8, 8, 0.0, 0.0039, "8 in a row on one side"),
)


@dataclass(frozen=True)
class Violation:
    """A stretch that breaks a rule.

    Attributes
    ----------
    rule : int
        1 to 4; 0 is an EWMA beyond its limits.
    from_m, to_m : int
        Along the roll; half-open.
    why : str
    """

    rule: int
    from_m: int
    to_m: int
    why: str


def violations(metres: NDArray[np.int64], z: NDArray[np.float64]) -> list[Violation]:
    """Find where a chart breaks the rules, each stretch once.

    Parameters
    ----------
    metres : ndarray of shape (points,), int64
        In order; a run is one of neighbouring metres.
    z : ndarray of shape (points,), float64
        Distance from the centre line in standard deviations.
    """
    found = [each for rule in RULES for side in (1, -1) for each in _broken(rule, side, metres, z)]
    return sorted(found, key=lambda each: (each.from_m, each.rule))


def beyond_chance(found: list[Violation], points: int) -> str | None:
    """Which rule is broken more often than noise breaks it in 999 of 1000 charts as long; None where none is."""
    for rule in RULES:
        broken, most = sum(each.rule == rule.number for each in found), poisson_upper(points * rule.by_chance, 0.999)
        if broken > most:
            return f"rule {rule.number} ({rule.told}) is broken {broken} times, by chance at most {most}"
    return None


def _broken(rule: Rule, side: int, metres: NDArray[np.int64], z: NDArray[np.float64]) -> Iterator[Violation]:
    where = "above" if side > 0 else "below"
    for first, last in _stretches(_signals(rule, metres, side * z), rule.points):
        yield Violation(rule.number, int(metres[first]), int(metres[last]) + 1, f"{rule.told}, {where} the centre line")


def _signals(rule: Rule, metres: NDArray[np.int64], z: NDArray[np.float64]) -> NDArray[np.intp]:
    """Points that are out and complete a run."""
    if len(z) < rule.points:
        return np.empty(0, np.intp)
    out = z > rule.sigmas
    before = np.concatenate([[0], np.cumsum(out)])
    enough = before[rule.points :] - before[: -rule.points] >= rule.count
    last = rule.points - 1
    neighbours = metres[last:] - metres[: len(metres) - last] == last
    return np.flatnonzero(enough & neighbours & out[last:]) + last


def _stretches(signals: NDArray[np.intp], points: int) -> Iterator[tuple[int, int]]:
    """First and last point of each stretch of runs that touch."""
    if not len(signals):
        return
    new = np.flatnonzero(np.diff(signals) >= points) + 1
    for part in np.split(signals, new):
        yield int(part[0]) - points + 1, int(part[-1])
