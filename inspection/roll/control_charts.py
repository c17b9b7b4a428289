"""Control charts: is a lane's process what it usually is, metre by metre?

In:  a series of metre means, or counts of defects with the area that they were found on.
Out: centre line, limits, and the stretches that break a rule.

Charts are of metre means as individuals, their spread from moving ranges of neighbouring metres (Montgomery,
Introduction to Statistical Quality Control, 6.4), and as EWMA for small lasting shifts (Lucas & Saccucci,
Technometrics 32(1), 1990). X-bar/R charts are not drawn: an edge wanders slowly, so that the frames of one metre are
far more alike than metres are, and limits from the range within a metre would be far too narrow. Neighbouring metres
may be alike too; the correlation is told, for with it the limits here are too narrow as well.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.roll.lane_series import Series
from inspection.roll.poisson import poisson_limits
from inspection.roll.western_electric import Violation, violations

LEAST_METRES: Final = 25
"""Fewer tell no limits (AIAG, Statistical Process Control, 2005: 25 subgroups or more)."""

_RANGE_OF_TWO = 1.128
"""Mean range of two values in standard deviations."""

_WEIGHT, _WIDTH = 0.2, 2.962
"""Of the EWMA; a false alarm every 500 points."""

_ONE_SIDED = 0.00135
"""Probability beyond three standard deviations on one side."""

_ZONES_FROM = 9.0
"""Mean count per metre from which counts are symmetric enough for rules 2 to 4."""


@dataclass(frozen=True)
class Chart:
    """Limits of one measure, and where they are broken.

    Attributes
    ----------
    centre_mm : float
    sigma_mm : float
        From moving ranges.
    lower_mm, upper_mm : float
        Three sigma from the centre.
    correlation : float
        Of neighbouring metres; what is far above 0 makes limits too narrow.
    violations : tuple of Violation
        Western Electric rules 1 to 4.
    shifts : tuple of Violation
        Where the EWMA is beyond its limits, told as rule 0.
    """

    centre_mm: float
    sigma_mm: float
    lower_mm: float
    upper_mm: float
    correlation: float
    violations: tuple[Violation, ...]
    shifts: tuple[Violation, ...]


@dataclass(frozen=True, eq=False)
class DensityChart:
    """Defects per m2 by metre, beside what chance gives on as much area.

    Attributes
    ----------
    centre_per_m2 : float
    metres : ndarray of shape (metres,), int64
    per_m2, upper_per_m2 : ndarray of shape (metres,), float64
    violations : tuple of Violation
    """

    centre_per_m2: float
    metres: NDArray[np.int64]
    per_m2: NDArray[np.float64]
    upper_per_m2: NDArray[np.float64]
    violations: tuple[Violation, ...]


def individuals_chart(series: Series) -> Chart | None:
    """Chart the metre means of a measure; None of too few metres, or of a measure that never moves."""
    metres, values = series.metres, series.mean
    neighbours = np.diff(metres) == 1
    if len(values) < LEAST_METRES or not neighbours.any():
        return None
    centre = float(values.mean())
    sigma = float(np.abs(np.diff(values))[neighbours].mean()) / _RANGE_OF_TWO
    if sigma <= 1e-9 * max(abs(centre), 1.0):
        return None
    z = (values - centre) / sigma
    return Chart(
        centre_mm=centre,
        sigma_mm=sigma,
        lower_mm=centre - 3 * sigma,
        upper_mm=centre + 3 * sigma,
        correlation=_correlation(z, neighbours),
        violations=tuple(violations(metres, z)),
        shifts=tuple(_shifts(metres, z)),
    )


def density_chart(metres: NDArray[np.int64], counts: NDArray[np.int64], area_m2: NDArray[np.float64]) -> DensityChart:
    """Chart defects per m2: a u-chart with limits of Poisson's own distribution, as wide as each metre's area wants.

    Most metres have no defect or one. A normal distribution's limits would be wrong there, and runs below the mean are
    the rule: so only rule 1 holds, and all four where a metre has nine defects or more on average.

    Parameters
    ----------
    metres : ndarray of shape (metres,), int64
        In order.
    counts : ndarray of shape (metres,), int64
    area_m2 : ndarray of shape (metres,), float64
        Looked at; above 0.
    """
    centre = float(counts.sum() / area_m2.sum()) if len(metres) else 0.0
    expected = np.round(centre * area_m2, 6)
    smallest, largest = poisson_limits(expected, _ONE_SIDED, 1 - _ONE_SIDED)
    z = np.where(counts > largest, 4.0, np.where(counts < smallest, -4.0, 0.0))
    if len(metres) and expected.min() >= _ZONES_FROM:
        within = (counts - expected) / np.sqrt(expected)
        z = np.where(z == 0, np.clip(within, -2.99, 2.99), z)
    return DensityChart(centre, metres, counts / area_m2, largest / area_m2, tuple(violations(metres, z)))


def _correlation(z: NDArray[np.float64], neighbours: NDArray[np.bool_]) -> float:
    return float((z[:-1] * z[1:])[neighbours].mean() / max(float((z * z).mean()), 1e-12))


def _shifts(metres: NDArray[np.int64], z: NDArray[np.float64]) -> list[Violation]:
    """Stretches in which the weighted mean of all points so far is beyond its limits."""
    smooth = _weighted(z)
    turns = np.arange(1, len(z) + 1)
    limit = _WIDTH * np.sqrt(_WEIGHT / (2 - _WEIGHT) * (1 - (1 - _WEIGHT) ** (2 * turns)))
    beyond = np.where(smooth > limit, 1, np.where(smooth < -limit, -1, 0))
    changes = np.flatnonzero(np.diff(beyond, prepend=0, append=0))
    return [
        Violation(0, int(metres[first]), int(metres[last - 1]) + 1, _shift_told(beyond[first]))
        for first, last in pairwise(changes)
        if beyond[first]
    ]


def _shift_told(side: int) -> str:
    return f"the weighted mean lies {'above' if side > 0 else 'below'} its limit: a lasting shift"


def _weighted(z: NDArray[np.float64]) -> NDArray[np.float64]:
    smooth, mean = np.empty_like(z), 0.0
    for place, value in enumerate(z.tolist()):
        mean += _WEIGHT * (value - mean)
        smooth[place] = mean
    return smooth
