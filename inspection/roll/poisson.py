"""Limits of counts: what chance gives at a known mean (Poisson)."""

import numpy as np
from numpy.typing import NDArray

_FEW = 400.0
"""Above such a mean a normal distribution's limits are within a count of Poisson's."""


def poisson_limits(means: NDArray[np.float64], low: float, high: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Smallest and largest count that chance gives.

    Parameters
    ----------
    means : ndarray of shape (n,), float64
    low, high : float
        Probabilities: of fewer than the smallest at most `low`, of at most the largest at least `high`.

    Returns
    -------
    smallest, largest : ndarray of shape (n,), int64
    """
    kinds, places = np.unique(means, return_inverse=True)
    limits = np.array([_limits(float(mean), low, high) for mean in kinds], np.int64).reshape(-1, 2)
    return limits[places, 0], limits[places, 1]


def poisson_upper(mean: float, probability: float) -> int:
    """Largest count that chance gives with this probability."""
    return _limits(mean, 0.0, probability)[1]


def _limits(mean: float, low: float, high: float) -> tuple[int, int]:
    counts = np.arange(int(mean + 10 * np.sqrt(mean) + 20))
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(counts[1:]))])
    with np.errstate(divide="ignore"):
        log_mean = np.log(mean) if mean > 0 else -1e300
    share = np.exp(np.maximum(counts * log_mean - mean - log_factorial, -700.0))
    reached = np.cumsum(share)
    return int(np.searchsorted(reached, low, side="right")), int(np.searchsorted(reached, high))
