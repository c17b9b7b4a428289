"""The registry: which model is shipped, and where its files lie.

Each model is three files of one name: the network (.onnx), its card (.json: digest, inputs,
kinds, training commit, metrics) and stored inputs with their answers (.npz). A model without all
three is refused when it is loaded.
"""

import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_SHIPPED = "coating-1"


def shipped_model() -> Path:
    """Path of the model that is used unless another is asked for."""
    return _HERE / f"{_SHIPPED}.onnx"


def read_card(model: Path) -> dict[str, Any]:
    """Everything a model's card says, metrics included."""
    card: dict[str, Any] = json.loads(model.with_suffix(".json").read_text())
    return card
