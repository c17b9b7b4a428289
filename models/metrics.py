"""Metrics: how well candidates are named, and whether doubt can be believed.

In:  probabilities over the kinds and `unknown`, what is true.
Out: figures with the number they were counted on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float32]

_BINS = 15

REJECTED = 0.02
"""Share of known candidates that may be called unknown when foreign ones are to be caught."""


@dataclass(frozen=True)
class KindScore:
    """How one kind fares.

    Attributes
    ----------
    kind : str
    shown, named : int
        How many there were, how many were called so.
    recall, precision, f1 : float
    recall_low, recall_high, precision_low, precision_high : float
        95 % bounds (Wilson, J. Am. Stat. Assoc. 22(158), 1927).
    """

    kind: str
    shown: int
    named: int
    recall: float
    recall_low: float
    recall_high: float
    precision: float
    precision_low: float
    precision_high: float
    f1: float


def kind_scores(truth: NDArray[np.int64], named: NDArray[np.int64], kinds: Sequence[str]) -> list[KindScore]:
    """Score every kind that is shown at least once."""
    return [_kind_score(kind, truth == n, named == n) for n, kind in enumerate(kinds) if (truth == n).any()]


def _kind_score(kind: str, true: NDArray[np.bool_], called: NDArray[np.bool_]) -> KindScore:
    both, shown, named = int((true & called).sum()), int(true.sum()), int(called.sum())
    recall, precision = both / shown, both / named if named else 0.0
    return KindScore(
        kind, shown, named,
        recall, *wilson(both, shown), precision, *wilson(both, named), 2 * both / (shown + named),
    )  # fmt: skip


def wilson(found: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Two-sided 95 % bounds of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, spread = found / of, z * z / of
    middle, half = share + spread / 2, z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)


def macro_f1(scores: Sequence[KindScore]) -> float:
    """Mean F1 over the kinds, each counting alike."""
    return float(np.mean([score.f1 for score in scores]))


def named(answers: Probabilities, limits: tuple[float, float]) -> NDArray[np.int64]:
    """Place of each name, as a station chooses it.

    Parameters
    ----------
    answers : ndarray of shape (samples, kinds)
        The last column is `unknown`.
    limits : tuple of float
        The card's `unknown_above` and `unknown_below`.
    """
    above, below = limits
    unknown = (answers[:, -1] >= above) | (answers.max(axis=1) < below)
    return np.asarray(np.where(unknown, answers.shape[1] - 1, answers.argmax(axis=1)))


def confusion(truth: NDArray[np.int64], named: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Count what was called what: rows true, columns named, shape (size, size)."""
    counts: NDArray[np.int64] = np.bincount(size * truth + named, minlength=size * size).reshape(size, size)
    return counts


def reliability(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean confidence, share right and count in each of fifteen bins of equal width, shape (bins, 3)."""
    place = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(place, minlength=_BINS)
    safe = np.maximum(counts, 1)
    told, true = (np.bincount(place, weights=values, minlength=_BINS) / safe for values in (confidence, right))
    return np.stack([told, true, counts], axis=1)


def calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Tell how far confidence is from being right, on average (Naeini et al., AAAI 2015)."""
    told, true, counts = reliability(confidence, right).T
    return float((counts * np.abs(told - true)).sum() / max(counts.sum(), 1))


def auroc(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """Probability that one from outside scores higher than one from inside; ties count half (Mann & Whitney 1947)."""
    both = np.concatenate([inside, outside])
    _, place, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    above = ranks[len(inside) :].sum() - len(outside) * (len(outside) + 1) / 2
    return float(above / (len(inside) * len(outside)))


def limit_for(inside: NDArray[np.floating], rejected: float) -> float:
    """Score that a share of `rejected` of those inside reaches."""
    return float(np.quantile(inside, 1 - rejected))
