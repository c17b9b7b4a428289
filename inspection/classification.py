"""Classification: candidates in, kinds and probabilities out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from inspection.candidates import CHANNELS, FEATURES, Candidates
from inspection.defect import Kind
from inspection.errors import ModelError
from inspection.onnx_model import Card, Network, load_network
from inspection.record import ModelRef

Cost: TypeAlias = Annotated[float, Interval(gt=0, le=1000)]


@dataclass(frozen=True)
class ClassificationSettings:
    """When a name is not stood for, and which mistakes cost most.

    Attributes
    ----------
    unknown_below : float or None
        Probability below which a defect is called `unknown`; None takes the model's own figure.
    unknown_above : float or None
        Probability of `unknown` from which a defect is called so; None takes the model's own figure.
    escape_cost, overkill_cost : float
        What it costs to call a defect by a less or by a more severe kind than it is, in any unit. Only
        their ratio counts; where they are equal the most probable kind is named. What mistakes cost in
        money, by kind, stands under `costs`, and names nothing.
    """

    unknown_below: Annotated[float, Interval(ge=0, le=1)] | None = None
    unknown_above: Annotated[float, Interval(ge=0, le=1)] | None = None
    escape_cost: Cost = 1.0
    overkill_cost: Cost = 1.0


@dataclass(frozen=True)
class Naming:
    """How one recipe chooses names.

    Attributes
    ----------
    settings : ClassificationSettings
    harm : mapping of Kind to int
        Rank of each kind's usual severity.
    """

    settings: ClassificationSettings = field(default_factory=ClassificationSettings)
    harm: Mapping[Kind, int] = field(default_factory=dict)

    def costs(self, kinds: Sequence[Kind]) -> NDArray[np.float32]:
        """What each name costs for each true kind, shape (named, true); 0 where both are the same.

        The name that costs least on average is Bayes' decision (Duda, Hart & Stork, Pattern
        Classification, 2001, sec. 2.2).
        """
        harm = np.array([self.harm.get(kind, 0) for kind in kinds])
        escape, overkill = self.settings.escape_cost, self.settings.overkill_cost
        less, more = harm[:, None] < harm, harm[:, None] > harm
        costs = np.select([less, more], [escape, overkill], min(escape, overkill)).astype(np.float32)
        np.fill_diagonal(costs, 0)
        return costs


@dataclass(frozen=True)
class Name:
    """What a candidate is called, and how probable that is."""

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
        self._network, self._card = network, card
        self.ref = ModelRef(card.name, card.version, card.sha256)

    def name(self, candidates: Candidates, naming: Naming) -> Sequence[Name]:
        """Name every candidate, in order.

        Raises
        ------
        ModelError
            The network gave no answer.
        """
        return self.name_crops(candidates.crops, candidates.features, naming) if candidates.regions else ()

    def name_crops(self, crops: NDArray[np.float32], features: NDArray[np.float32], naming: Naming) -> Sequence[Name]:
        """Name what `Candidates` of these crops and features would hold, at least one."""
        probabilities = self._network.probabilities(crops, features)
        settings = naming.settings
        below = self._card.unknown_below if settings.unknown_below is None else settings.unknown_below
        above = self._card.unknown_above if settings.unknown_above is None else settings.unknown_above
        best = self._best(probabilities, naming)
        return [self._one(row, int(place), below, above) for row, place in zip(probabilities, best, strict=True)]

    def _best(self, probabilities: NDArray[np.float32], naming: Naming) -> NDArray[np.int64]:
        """Place of the name that costs least on average: of the most probable one where all mistakes cost alike."""
        if naming.settings.escape_cost == naming.settings.overkill_cost:
            return np.asarray(probabilities.argmax(axis=1))
        return np.asarray((probabilities @ naming.costs(self._kinds).T).argmin(axis=1))

    def _one(self, row: NDArray[np.float32], best: int, below: float, above: float) -> Name:
        if Kind.UNKNOWN in self._kinds and (strange := float(row[self._kinds.index(Kind.UNKNOWN)])) >= above:
            return Name(Kind.UNKNOWN, strange)
        highest = float(row.max())
        return Name(self._kinds[best], float(row[best])) if highest >= below else Name(Kind.UNKNOWN, highest)


def unnamed(candidates: Candidates) -> Sequence[Name]:
    """What candidates are called where no classifier answers."""
    return [Name(Kind.UNKNOWN, 0.0)] * len(candidates.regions)


def load_classifier(path: Path) -> Classifier:
    """Load and check a model file; see `onnx_model.load_network` for what makes it refuse."""
    return Classifier(*load_network(path))
