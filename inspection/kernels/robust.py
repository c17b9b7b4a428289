"""Medians and fits that a few wild values cannot move."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled

_ROUNDS = 3
_WIDEST_SPREADS = 2.5
_LEAST_SPREAD_PX = 0.05


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
