"""Classification: candidates in, kinds and probabilities out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.candidates import CHANNELS, FEATURES, Candidates
from inspection.defect import Kind
from inspection.errors import ModelError
from inspection.onnx_model import Card, Network, load_network
from inspection.record import ModelRef


@dataclass(frozen=True)
class ClassificationSettings:
    """When a name is not stood for.

    Attributes
    ----------
    unknown_below : float or None
        Probability below which a defect is called `unknown`; None takes the model's own figure.
    """

    unknown_below: Annotated[float, Interval(ge=0, le=1)] | None = None


@dataclass(frozen=True)
class Name:
    """What a candidate is called, and how sure the classifier is of its best guess."""

    kind: Kind
    probability: float


class Classifier:
    """Names candidates.

    Parameters
    ----------
    network : Network
    card : Card
        Must ask for the channels and features that `candidates` delivers.

    Raises
    ------
    ModelError
        The card asks for other inputs or names a kind nobody knows.
    """

    def __init__(self, network: Network, card: Card) -> None:
        if (card.channels, card.features) != (CHANNELS, FEATURES):
            raise ModelError(
                f"expected a model that takes the channels {CHANNELS} and the features {FEATURES}, "
                f"got one for {card.channels} and {card.features}: train it anew"
            )
        if strange := [str(kind) for kind in card.kinds if kind not in tuple(Kind)]:
            raise ModelError(
                f"expected known kinds in the card of {card.name} {card.version}, "
                f"got {', '.join(strange)}: train it on kinds that this version knows"
            )
        self._kinds = tuple(Kind(kind) for kind in card.kinds)
        self._network, self._unknown_below = network, card.unknown_below
        self.ref = ModelRef(card.name, card.version, card.sha256)

    def name(self, candidates: Candidates, settings: ClassificationSettings) -> Sequence[Name]:
        """Name every candidate, in order.

        Raises
        ------
        ModelError
            The network gave no answer.
        """
        return self.name_crops(candidates.crops, candidates.features, settings) if candidates.regions else ()

    def name_crops(
        self, crops: NDArray[np.float32], features: NDArray[np.float32], settings: ClassificationSettings
    ) -> Sequence[Name]:
        """Name what `Candidates` of these crops and features would hold, at least one."""
        limit = self._unknown_below if settings.unknown_below is None else settings.unknown_below
        probabilities = self._network.probabilities(crops, features)
        return [self._one(int(row.argmax()), float(row.max()), limit) for row in probabilities]

    def _one(self, best: int, probability: float, limit: float) -> Name:
        return Name(self._kinds[best] if probability >= limit else Kind.UNKNOWN, probability)


def unnamed(candidates: Candidates) -> Sequence[Name]:
    """What candidates are called where no classifier answers."""
    return [Name(Kind.UNKNOWN, 0.0)] * len(candidates.regions)


def load_classifier(path: Path) -> Classifier:
    """Load and check a model file; see `onnx_model.load_network` for what makes it refuse."""
    return Classifier(*load_network(path))
