"""Thresholds: from how restless a material is to where a defect begins.

Thresholds come from the extremes themselves: each statistic's largest value in each of many
blocks follows an extreme-value law, which is fitted to their middle and followed out to the
wanted rate (Gumbel, Statistics of Extremes, 1958; fitted to squares, whose tail is exponential
for Gaussian noise, so that clean Gaussian webs are met exactly and rougher ones safely).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import STATISTICS

_LOWER, _UPPER = 0.25, 0.75
"""Quantiles between which the law is fitted: above, a fifth of the blocks may hold defects; below, some hold little."""

_SLOPE_ERROR = 1.4
"""Standard error of a slope fitted between these quantiles, times the root of how many blocks were seen."""

_LOWEST_THRESHOLD_SIGMA = dict.fromkeys(STATISTICS, 4.5) | {"edge": 6.5}
"""Edges waver naturally in ways that a few frames do not show; what matters is many times larger."""

COATING_SHARE = dict.fromkeys(STATISTICS, 0.03) | {"point": 0.4, "streak_4": 0.2, "wide_64": 0.08}
FOIL_SHARE = dict.fromkeys(STATISTICS, 0.005)
"""Share of the false alarms that each statistic may cause: what is faintest for its size gets the most."""

_DEFAULT_THRESHOLD_SIGMA = 6.5
"""For statistics too rare to be fitted: about the largest of 4 million Gaussian values in 200 frames."""


def robust_sigma(samples: Sequence[NDArray[np.float32]], fallback: float = 1.0) -> float:
    """Robust standard deviation, from the median of absolute values; the statistics are centred."""
    values = np.abs(np.concatenate(samples))
    return max(1.4826 * float(np.median(values)), 1e-3) if len(values) >= 100 else fallback


def threshold_sigma(statistic: str, extremes: Sequence[NDArray[np.float32]], wanted_per_1000: float) -> float:
    """Where blocks' extremes would lie at the wanted rate: a Gumbel law of their squares, by its middle.

    One standard error of the slope is added: what so few frames did not show must not alarm later.
    """
    blocks = np.square(np.concatenate(extremes))
    if len(blocks) < 10:
        return _DEFAULT_THRESHOLD_SIGMA
    wanted = wanted_per_1000 / 1000 / (len(blocks) / len(extremes))
    return max(float(np.sqrt(extreme_level(blocks, wanted))), _LOWEST_THRESHOLD_SIGMA[statistic])


def extreme_level(largest: NDArray[np.floating], beyond: float) -> float:
    """What a wanted share of blocks would go beyond: a Gumbel law of their largest values, by its middle.

    Parameters
    ----------
    largest : ndarray of shape (blocks,)
        Largest value in each block; what a fifth of them show may be defects.
    beyond : float
        The wanted share; may be far smaller than one in `blocks`.
    """
    blocks = np.sort(largest)
    middle = slice(int(_LOWER * len(blocks)), int(np.ceil(_UPPER * len(blocks))))
    scores = _gumbel((np.arange(len(blocks)) + 0.5) / len(blocks))[middle]
    level, slope = np.polynomial.polynomial.polyfit(scores, blocks[middle], 1)
    slope *= 1 + _SLOPE_ERROR / np.sqrt(len(blocks))
    return float(level + slope * _gumbel(1 - beyond))


def _gumbel(probability: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(-np.log(-np.log(probability)))
