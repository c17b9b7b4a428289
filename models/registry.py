"""The registry: which model is shipped, where its files lie, and what a card tells.

Each model is three files of one name: the network (.onnx), its card (.json: digest, inputs,
kinds, training commit, metrics) and stored inputs with their answers (.npz). A model without all
three is refused when it is loaded.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.errors import ModelError

_HERE = Path(__file__).parent
_SHIPPED = "coating-1"
_TOLD_ON = ("unseen", "known", "held_out")
"""Where a card tells its accuracy: on what is farthest from its training first."""


@dataclass(frozen=True)
class Summary:
    """A card in a line.

    Attributes
    ----------
    name, version, sha256, precision : str
    kinds : tuple of str
    accuracy : float or None
        Share named rightly, 0 to 1; None where the card tells none.
    """

    name: str
    version: str
    sha256: str
    precision: str
    kinds: tuple[str, ...]
    accuracy: float | None


def shipped_model() -> Path:
    """Path of the model that is used unless another is asked for."""
    return _HERE / f"{_SHIPPED}.onnx"


def shipped_golden_set() -> Path:
    """Path of the labelled candidates that models are compared on; it may not be there."""
    return _HERE / "golden.npz"


def read_card(model: Path) -> dict[str, Any]:
    """Everything a model's card says, metrics included."""
    card: dict[str, Any] = json.loads(model.with_suffix(".json").read_text())
    return card


def summarise(model: Path) -> Summary:
    """Tell what a list of models shows of one; its network is not loaded.

    Raises
    ------
    ModelError
        The card is missing or damaged.
    """
    try:
        card = read_card(model)
        return Summary(
            name=str(card["name"]),
            version=str(card["version"]),
            sha256=str(card["sha256"]),
            precision=str(card["precision"]),
            kinds=tuple(map(str, card["kinds"])),
            accuracy=_accuracy(card.get("metrics", {})),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        path = model.with_suffix(".json")
        raise ModelError(f"expected a model's card at {path}, got {problem!r}: install the model anew") from problem


def _accuracy(metrics: dict[str, Any]) -> float | None:
    told = (metrics[lot]["accuracy"] for lot in _TOLD_ON if "accuracy" in metrics.get(lot, {}))
    return next((float(accuracy) for accuracy in told), None)
