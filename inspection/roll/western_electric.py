"""Western Electric rules: which runs of points a process in control hardly ever shows.

Western Electric, Statistical Quality Control Handbook, 1956. By chance alone one of the four rules is broken every 92
points (Champ & Woodall, Technometrics 29(4), 1987): a roll of 1500 metres breaks some. So a broken rule is an alarm,
told with its place; a process counts as not stable when a rule is broken at more points than chance gives in as many,
or one point is farther out than chance puts any.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
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
        Share of the points of independent normal noise that are out and complete such a run.
    clumps : float
        Variance over mean of how many do in a chart: a run that goes on breaks the rule again. Simulated over
        3000 charts of 1500 points.
    told : str
    """

    number: int
    count: int
    points: int
    sigmas: float
    by_chance: float
    clumps: float
    told: str


RULES: Final = (
    Rule(1, 1, 1, 3.0, 0.00270, 1.0, "beyond 3 sigma"),
    Rule(2, 2, 3, 2.0, 0.00205, 1.1, "2 of 3 beyond 2 sigma on one side"),
    Rule(3, 4, 5, 1.0, 0.00447, 1.5, "4 of 5 beyond 1 sigma on one side"),
    Rule(4, 8, 8, 0.0, 0.00781, 2.8, "8 in a row on one side"),
)

_SURE = 0.999
"""Of 1000 charts of noise, so many keep within what counts as chance."""


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


def beyond_chance(metres: NDArray[np.int64], z: NDArray[np.float64]) -> str | None:
    """Which rule is broken more than noise breaks it in 999 of 1000 charts as long; None where none is."""
    farthest = float(np.abs(z).max(initial=0.0))
    if farthest > (most := NormalDist().inv_cdf(1 - (1 - _SURE) / (2 * max(len(z), 1)))):
        return f"rule 1 ({RULES[0].told}): a metre is {farthest:.1f} sigma out, by chance at most {most:.1f}"
    for rule in RULES:
        broken = sum(len(_signals(rule, metres, side * z)) for side in (1, -1))
        most = rule.clumps * poisson_upper(len(z) * rule.by_chance / rule.clumps, _SURE)
        if broken > most:
            return f"rule {rule.number} ({rule.told}) is broken at {broken} metres, by chance at most at {most:.0f}"
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
