"""Limits of counts: what chance gives at a known mean (Poisson)."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_FEW = 400.0
"""Above such a mean Cornish and Fisher's expansion is within a count of the sum."""


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
    few = means <= _FEW
    smallest, largest = np.empty(len(means), np.int64), np.empty(len(means), np.int64)
    smallest[few], largest[few] = _summed(means[few], low, high)
    smallest[~few], largest[~few] = _expanded(means[~few], low), _expanded(means[~few], high)
    return smallest, largest


def poisson_upper(mean: float, probability: float) -> int:
    """Largest count that chance gives with this probability."""
    return int(poisson_limits(np.array([mean]), 0.0, probability)[1][0])


def _summed(means: NDArray[np.float64], low: float, high: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    most = float(means.max(initial=0.0))
    counts = np.arange(int(most + 10 * np.sqrt(most) + 20))
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(counts[1:]))])
    log_mean = np.log(np.maximum(means, 1e-300))[:, None]
    reached = np.cumsum(np.exp(counts * log_mean - means[:, None] - log_factorial), axis=1)
    return np.count_nonzero(reached <= low, axis=1), np.count_nonzero(reached < high, axis=1)


def _expanded(means: NDArray[np.float64], probability: float) -> NDArray[np.int64]:
    if probability <= 0:
        return np.zeros(len(means), np.int64)
    z = NormalDist().inv_cdf(probability)
    return np.rint(means + z * np.sqrt(means) + (z * z - 1) / 6).astype(np.int64)
