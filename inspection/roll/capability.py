"""Capability: how well a process that is stable keeps its tolerance.

Cp and Cpk from the spread within, by moving ranges (ISO 22514-2; AIAG, Statistical Process Control, 2005). Of a process
that is not stable they promise nothing about the next metre: they are refused then, and the broken rule is named.
"""

from dataclasses import dataclass

from inspection.roll.control_charts import LEAST_METRES, Chart
from inspection.roll.lane_series import Series
from inspection.roll.western_electric import beyond_chance


@dataclass(frozen=True)
class Limits:
    """A tolerance as its two ends."""

    lower_mm: float
    upper_mm: float


@dataclass(frozen=True)
class Capability:
    """Cp and Cpk, or why they are refused.

    Attributes
    ----------
    lower_mm, upper_mm : float
        The tolerance.
    cp, cpk : float or None
    refused : str or None
    """

    lower_mm: float
    upper_mm: float
    cp: float | None
    cpk: float | None
    refused: str | None


def capability(series: Series, chart: Chart | None, limits: Limits) -> Capability:
    """Tell how well a measure keeps its tolerance.

    Parameters
    ----------
    series : Series
    chart : Chart or None
        Of this series; None where it is too short.
    limits : Limits
    """
    refused = _refusal(series, chart)
    if chart is None or refused:
        return Capability(limits.lower_mm, limits.upper_mm, None, None, refused)
    nearest = min(limits.upper_mm - chart.centre_mm, chart.centre_mm - limits.lower_mm)
    cp = (limits.upper_mm - limits.lower_mm) / (6 * chart.sigma_mm)
    return Capability(limits.lower_mm, limits.upper_mm, cp, nearest / (3 * chart.sigma_mm), None)


def _refusal(series: Series, chart: Chart | None) -> str | None:
    if chart is None:
        return f"expected {LEAST_METRES} metres or more that differ, got {len(series.metres)}"
    broken = beyond_chance(series.metres, (series.mean - chart.centre_mm) / chart.sigma_mm)
    return f"not stable: {broken}" if broken else None
