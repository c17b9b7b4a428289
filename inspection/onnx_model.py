"""The one door to ONNX Runtime.

A model file is trusted only with its card: a JSON file beside it that says what goes in, what
comes out, its digest, and stored inputs with the answers it gave when it was shipped.
"""

import hashlib
import json
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inspection.errors import ModelError

# The runtime would report its use to its maker; a plant's pictures and habits stay in the plant.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

LARGEST_BATCH = 24
"""Larger batches leave the processor's cache and cost more per crop."""

_TOLERANCE = {"fp32": 1e-3, "int8": 0.02}


class Network(Protocol):
    """Anything that turns crops and features into probabilities."""

    def probabilities(self, crops: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of shape (candidates, kinds), rows summing to 1.

        Raises
        ------
        ModelError
            It gave no answer.
        """
        ...


@dataclass(frozen=True)
class Card:
    """What a model file says of itself.

    Attributes
    ----------
    name, version, sha256 : str
    precision : {"fp32", "int8"}
    kinds : tuple of str
        Order of the outputs.
    channels, features : tuple of str
        Order of the inputs.
    unknown_below : float
        Highest probability below which the honest answer is `unknown`.
    unknown_above : float
        Probability of `unknown` itself from which it is the answer; models that have no such output tell 1.
    """

    name: str
    version: str
    sha256: str
    precision: str
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    features: tuple[str, ...]
    unknown_below: float
    unknown_above: float = 1.0


class OnnxNetwork:
    """A network that runs in ONNX Runtime on one thread; frames are the unit of parallelism."""

    def __init__(self, model: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def probabilities(self, crops: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Network`."""
        batches = range(0, len(crops), LARGEST_BATCH)
        answers = [self._batch(crops[n : n + LARGEST_BATCH], features[n : n + LARGEST_BATCH]) for n in batches]
        return np.concatenate(answers)

    def _batch(self, crops: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            answer: NDArray[np.float32] = self._session.run(None, {"crops": crops, "features": features})[0]
        except Exception as problem:  # ONNX Runtime's errors have no base of their own
            told = " ".join(str(problem).split())
            raise ModelError(f"expected names for {len(crops)} candidates, the runtime failed: {told}") from problem
        if not np.isfinite(answer).all():
            raise ModelError(f"expected probabilities of {len(crops)} candidates, got answers that are no numbers")
        return answer


def load_network(path: Path) -> tuple[OnnxNetwork, Card]:
    """Load a model whose digest and answers are as its card says.

    Parameters
    ----------
    path : Path
        The `.onnx` file; `path.json` is its card, `path.npz` holds stored inputs and answers.

    Raises
    ------
    ModelError
        A file is missing, altered, or the model answers otherwise than when it was shipped.
    """
    try:
        model = path.read_bytes()
        card = _card(json.loads(path.with_suffix(".json").read_text()))
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as stored:
            crops, features, answers = stored["crops"], stored["features"], stored["probabilities"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
        raise ModelError(f"expected a model with its card and stored answers at {path}, got {problem}") from problem
    digest = hashlib.sha256(model).hexdigest()
    if digest != card.sha256:
        raise ModelError(f"expected {path.name} with sha256 {card.sha256}, got {digest}: install the model anew")
    if answers.shape[1:] != (len(card.kinds),):
        raise ModelError(
            f"expected stored answers for the {len(card.kinds)} kinds in the card of {path.name}, "
            f"got an array of shape {answers.shape}: install the model anew"
        )
    network = _open(model, path)
    check_parity(network, card, crops, features, answers)
    return network, card


def _open(model: bytes, path: Path) -> OnnxNetwork:
    try:
        return OnnxNetwork(model)
    except Exception as problem:  # ONNX Runtime raises a dozen unrelated types for an unreadable model
        raise ModelError(f"expected a readable ONNX model at {path}, got {problem}") from problem


def _card(fields: dict[str, Any]) -> Card:
    lists: dict[str, Any] = {name: tuple(fields[name]) for name in ("kinds", "channels", "features")}
    plain = {name: fields[name] for name in ("name", "version", "sha256", "precision", "unknown_below")}
    return Card(**plain, **lists, unknown_above=fields.get("unknown_above", 1.0))


def check_parity(
    network: Network,
    card: Card,
    crops: NDArray[np.float32],
    features: NDArray[np.float32],
    answers: NDArray[np.float32],
) -> None:
    """Raise unless stored inputs give stored answers: the same first kind, nearly the same probabilities.

    Raises
    ------
    ModelError
        They do not.
    """
    got = network.probabilities(crops, features)
    tolerance = _TOLERANCE.get(card.precision)
    if tolerance is None:
        raise ModelError(
            f"expected a precision of {' or '.join(_TOLERANCE)} in the card of {card.name}, got {card.precision}"
        )
    apart = float(np.abs(got - answers).max()) if got.shape == answers.shape else float("inf")
    if not apart <= tolerance or not np.array_equal(got.argmax(axis=1), answers.argmax(axis=1)):
        raise ModelError(
            f"expected {card.name} {card.version} to answer as it did when shipped (within {tolerance}), "
            f"got answers {apart:.3g} apart: this processor or runtime computes differently, do not use it"
        )
