"""Scores: how often pictures that a network never saw were named rightly, over several random splits.

One split of a small set is a throw of dice; several tell how far the answer depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class SplitScore:
    """What one network scored on what it was not trained on.

    Attributes
    ----------
    trained_on, measured_on : int
        Pictures.
    accuracy : float
        Share named rightly, 0 to 1.
    recall_by_kind : mapping of str to float
        Share of each kind's pictures named rightly, 0 to 1.
    temperature : float
        What the logits are best divided by, found on the same pictures; no score depends on it.
    """

    trained_on: int
    measured_on: int
    accuracy: float
    recall_by_kind: Mapping[str, float]
    temperature: float


@dataclass(frozen=True)
class Evaluation:
    """Scores of several splits, one or more."""

    splits: tuple[SplitScore, ...]

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """Of each split."""
        return np.array([score.accuracy for score in self.splits])

    @property
    def temperature(self) -> float:
        """The middle one of the splits."""
        return float(np.median([score.temperature for score in self.splits]))

    def recalls(self, kind: str) -> NDArray[np.float64]:
        """Of one kind in each split."""
        return np.array([score.recall_by_kind[kind] for score in self.splits])

    def told(self) -> dict[str, Any]:
        """Everything as plain values, for a card or for JSON; shares are rounded to four places."""
        kinds = self.splits[0].recall_by_kind
        return {
            "splits": len(self.splits),
            "trained_on": self.splits[0].trained_on,
            "measured_on": self.splits[0].measured_on,
            "accuracy": round(float(self.accuracies.mean()), 4),
            "accuracy_lowest": round(float(self.accuracies.min()), 4),
            "accuracy_highest": round(float(self.accuracies.max()), 4),
            "accuracy_by_split": self.accuracies.round(4).tolist(),
            "recall_by_kind": {kind: round(float(self.recalls(kind).mean()), 4) for kind in kinds},
            "recall_by_kind_and_split": {kind: self.recalls(kind).round(4).tolist() for kind in kinds},
        }


def score(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    kinds: tuple[str, ...],
    trained_on: int,
    temperature: float,
) -> SplitScore:
    """Compare what was named with what it is.

    Parameters
    ----------
    labels : ndarray of shape (pictures,), int64
        At least one of each kind.
    probabilities : ndarray of shape (pictures, kinds), float32
    kinds : tuple of str
    trained_on : int
        Pictures.
    temperature : float
    """
    right = probabilities.argmax(axis=1) == labels
    recalls = {kind: float(right[labels == label].mean()) for label, kind in enumerate(kinds)}
    return SplitScore(trained_on, len(labels), float(right.mean()), recalls, temperature)


def table(evaluation: Evaluation) -> Table:
    """Lay the scores out in a table: a line for each kind, then all pictures together."""
    columns = Table(title=_title(evaluation), title_justify="left")
    columns.add_column("kind")
    for heading in ("mean", "lowest", "highest"):
        columns.add_column(f"{heading} %", justify="right")
    for kind in evaluation.splits[0].recall_by_kind:
        # As text: a folder's name in brackets is a name, not markup.
        columns.add_row(Text(kind), *_spread(evaluation.recalls(kind)))
    columns.add_section()
    columns.add_row("all pictures", *_spread(evaluation.accuracies), style="bold")
    return columns


def _title(evaluation: Evaluation) -> str:
    count, first = len(evaluation.splits), evaluation.splits[0]
    splits = "1 random split" if count == 1 else f"{count} random splits"
    return f"Named rightly in {splits}: {first.trained_on} pictures to train on, {first.measured_on} to measure on"


def _spread(shares: NDArray[np.float64]) -> tuple[str, str, str]:
    return f"{100 * shares.mean():.1f}", f"{100 * shares.min():.1f}", f"{100 * shares.max():.1f}"
