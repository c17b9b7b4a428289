"""Normality: how far a crop is from clean web of one product, whatever it shows.

In:  crops in noise units, which of their cells count, and what clean crops of this product look like.
Out: a score for each: 1 is as far as one clean crop in a thousand.

A classifier can only choose among kinds it was taught. This opinion needs no defects at all: a crop is told in
sixteen numbers, and their distance from clean ones is measured in the spread and the correlations of clean ones
(Mahalanobis, Proc. Natl. Inst. Sci. India 2, 1936), coating and foil apart. How clean ones are sampled is told in
`clean_windows`.

Only noise units are described: reflectance is the same picture on another scale. Cells of the other material, and of
the edge between, do not count: where edges run is judged elsewhere, and a lane edge in the crop is no defect.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.describing import describe_pictures, mark_material

DESCRIPTION: Final = (
    "mean", "spread_1", "spread_2", "spread_4", "spread_8", "spread_16", "columns_2", "rows_2",
    "down_1", "cross_1", "largest_1", "smallest_1", "down_4", "cross_4", "largest_4", "smallest_4",
)  # fmt: skip
"""What is told of a crop, by side of block in cells; spreads and steps as natural logarithms."""

_SMALLEST_STEP: Final = 0.02
"""Spread added to every number: none is known better than this, however even the clean frames were."""

_CONCENTRATIONS: Final = 10
"""Steps after which the kept half hardly changes any more."""


@dataclass(frozen=True, eq=False)
class Normality:
    """What clean crops look like, on coating (0) and on foil (1).

    Attributes
    ----------
    mean : ndarray of shape (2, 16), float64
        Of their descriptions.
    whitening : ndarray of shape (2, 16, 16), float64
        Turns differences from the mean into uncorrelated ones of spread 1: the inverse Cholesky factor.
    limit : ndarray of shape (2,), float64
        Distance below which 999 of 1000 clean crops stay; NaN where too few were seen.
    """

    mean: NDArray[np.float64]
    whitening: NDArray[np.float64]
    limit: NDArray[np.float64]

    @classmethod
    def unknown(cls) -> "Normality":
        """Nothing is known of clean crops: every score is NaN."""
        size = len(DESCRIPTION)
        return cls(np.zeros((2, size)), np.zeros((2, size, size)), np.full(2, np.nan))

    def scores(self, descriptions: NDArray[np.float64], on_foil: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How far crops are from clean ones, as a share of the limit.

        Parameters
        ----------
        descriptions : ndarray of shape (crops, 16), float64
        on_foil : ndarray of shape (crops,), bool

        Returns
        -------
        ndarray of shape (crops,), float64
            1 is as far as one clean crop in a thousand; NaN where nothing is known.
        """
        material = on_foil.astype(np.intp)
        whitened = np.einsum("nij,nj->ni", self.whitening[material], descriptions - self.mean[material])
        scores: NDArray[np.float64] = np.sqrt((whitened * whitened).sum(axis=1)) / self.limit[material]
        return scores


def describe(
    crops: NDArray[np.float32],
    channel: int,
    windows: NDArray[np.int64],
    on_foil: NDArray[np.bool_],
    lanes: NDArray[np.int64],
    states: NDArray[np.int8],
) -> NDArray[np.float64]:
    """Tell crops in sixteen numbers each.

    Parameters
    ----------
    crops : ndarray of shape (crops, channels, 64, 64), float32
    channel : int
        The one in compressed noise units.
    windows : ndarray of shape (crops, 4), int64
        Where they were cut: top, left, height, width.
    on_foil : ndarray of shape (crops,), bool
        The material that was expected there.
    lanes, states
        As of `Expectation`.

    Returns
    -------
    ndarray of shape (crops, 16), float64
        As in `DESCRIPTION`; NaN where less than a quarter of the crop shows the material that was expected, as
        within a bare gap.
    """
    weights, described = np.empty_like(crops[:, 0]), np.empty((len(crops), len(DESCRIPTION)))
    mark_material(windows, on_foil, lanes, states, weights)
    describe_pictures(crops, channel, weights, described)
    return described


def robust_moments(descriptions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and whitening of what most descriptions have in common.

    Minimum covariance determinant (Rousseeuw & Van Driessen, Technometrics 41(3), 1999): the half that lies closest
    together, by concentration steps from the median, then one reweighting step with all that are not too far from
    it. Up to a half of the crops may show defects.

    Parameters
    ----------
    descriptions : ndarray of shape (crops, 16), float64

    Returns
    -------
    mean : ndarray of shape (16,)
    whitening : ndarray of shape (16, 16)
    """
    centre = np.median(descriptions, axis=0)
    spread = 1.4826 * np.median(np.abs(descriptions - centre), axis=0) + _SMALLEST_STEP
    moments = centre, np.diag(1 / spread)
    for _ in range(_CONCENTRATIONS):
        squares = squared_distances(descriptions, *moments)
        moments = _moments(descriptions[squares <= np.median(squares)])
    squares = squared_distances(descriptions, *moments)
    size = descriptions.shape[1]
    farthest = np.median(squares) * _chi_squared(size, 1.96) / _chi_squared(size, 0)
    return _moments(descriptions[squares <= farthest])


def squared_distances(
    descriptions: NDArray[np.float64], mean: NDArray[np.float64], whitening: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared Mahalanobis distances, shape (crops,)."""
    squares: NDArray[np.float64] = np.square((descriptions - mean) @ whitening.T).sum(axis=1)
    return squares


def _moments(descriptions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    covariance = np.cov(descriptions, rowvar=False) + _SMALLEST_STEP**2 * np.eye(descriptions.shape[1])
    return descriptions.mean(axis=0), np.linalg.inv(np.linalg.cholesky(covariance))


def _chi_squared(degrees: int, sigma: float) -> float:
    """Quantile of chi squared, `sigma` normal deviations above its median (Wilson & Hilferty, PNAS 17, 1931)."""
    part = 2 / (9 * degrees)
    return degrees * float((1 - part + sigma * np.sqrt(part)) ** 3)
