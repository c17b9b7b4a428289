"""Medians and fits that a few wild values cannot move."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled

_ROUNDS = 3
_WIDEST_SPREADS = 2.5
_LEAST_SPREAD_PX = 0.05
_CHIP_SPREADS = 3.5
_LEAST_BANDS = 16


@compiled
def median(values: NDArray[Any]) -> float:
    """Lower median of one row of finite values; NaN of nothing. Far quicker than NumPy's on a hundred values."""
    if not len(values):
        return np.nan
    middle = (len(values) - 1) // 2
    return float(np.partition(values, middle)[middle])


@compiled
def row_medians(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Median of what is finite in each row, NaN where nothing is; shape (rows,)."""
    medians = np.empty(len(values))
    for row in range(len(values)):
        medians[row] = median(values[row][np.isfinite(values[row])])
    return medians


@compiled
def fit_courses(
    edges_px: NDArray[np.float64], seen: NDArray[np.bool_], powers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit each row by least squares, again and again without what lies far from the fit before.

    Far is over 2.5 robust standard deviations, from the median of absolute residuals.

    Parameters
    ----------
    edges_px : ndarray of shape (edges, bands)
    seen : ndarray of shape (edges, bands), bool
        What may be used.
    powers : ndarray of shape (terms, bands)
        Functions whose sum is fitted.

    Returns
    -------
    ndarray of shape (edges, bands)
        NaN where nothing is seen of an edge.
    """
    course = np.empty_like(edges_px)
    ridge = 1e-9 * np.eye(len(powers))
    for edge in range(len(edges_px)):
        usable = seen[edge] & np.isfinite(edges_px[edge])
        known, values = powers[:, usable].copy(), edges_px[edge][usable]
        fitted = np.full(len(values), median(values))
        coefficients = np.full(len(powers), np.nan)
        for _ in range(_ROUNDS if len(values) else 0):
            residual = np.abs(values - fitted)
            near = residual <= max(_WIDEST_SPREADS * 1.4826 * median(residual), _LEAST_SPREAD_PX)
            weighted = known * near
            coefficients = np.linalg.solve(weighted @ known.T + ridge, weighted @ values)
            fitted = coefficients @ known
        course[edge] = coefficients @ powers
    return course


@compiled
def course_figures(edges_px: NDArray[np.float64], course_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean course of each edge where it was measured, and how restless the edge is about it.

    The latter is a root mean square without what lies over 3.5 robust standard deviations away: a chip is a defect of
    its own and no waviness. A sine keeps its true value, which a median of absolute values would overstate by half.

    Parameters
    ----------
    edges_px, course_px : ndarray of shape (edges, bands)
        `edges_px` is NaN where nothing was measured.

    Returns
    -------
    ndarray of shape (edges, 2)
        Mean, and root mean square; NaN where nothing was measured, or in under 16 bands for the latter: a fitted
        parabola follows the waves of so short an edge.
    """
    figures = np.full((len(edges_px), 2), np.nan)
    for edge in range(len(edges_px)):
        measured = np.isfinite(edges_px[edge])
        apart = (edges_px[edge] - course_px[edge])[measured]
        if len(apart):
            figures[edge, 0] = course_px[edge][measured].mean()
        if len(apart) >= _LEAST_BANDS:
            far = _CHIP_SPREADS * 1.4826 * median(np.abs(apart))
            near = apart[np.abs(apart) <= far]
            figures[edge, 1] = np.sqrt((near * near).mean())
    return figures
