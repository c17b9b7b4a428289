"""Export: a fitted network as the three files that a station trusts, fp32 or int8, whichever is better.

<name>-<version>.onnx   the network as it runs
<name>-<version>.json   its card
<name>-<version>.npz    stored inputs with their answers, and the weights that retraining goes on from
"""

import hashlib
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspection.candidates import CHANNELS, FEATURES
from inspection.errors import ModelError
from inspection.onnx_model import OnnxNetwork
from models.evaluate import answers_of
from models.metrics import kind_scores, macro_f1
from models.network import SIZES, CoatingNetwork, Naming
from models.samples import Samples

_STORED = 64
_WORTH = 0.002
"""Macro F1 that int8 may cost, if it is faster."""

_AT_ONCE = 20
_WEIGHT = "weight/"


@dataclass(frozen=True)
class Build:
    """One form of a network.

    Attributes
    ----------
    precision : {"fp32", "int8"}
    model : bytes
    macro_f1 : float
        On the samples that it was compared on.
    ms : float
        Median time that it takes to name twenty candidates, on one thread.
    """

    precision: str
    model: bytes
    macro_f1: float
    ms: float


def builds(
    network: CoatingNetwork, typical: Samples, compared_on: Samples, kinds: tuple[str, ...]
) -> tuple[Build, Build]:
    """Build a network in fp32 and in int8, with typical inputs for the ranges of the latter."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        to_onnx(network, plain)
        small = _quantised(plain, typical)
        fp32, int8 = plain.read_bytes(), small.read_bytes()
    return _build("fp32", fp32, compared_on, kinds), _build("int8", int8, compared_on, kinds)


def better(fp32: Build, int8: Build) -> Build:
    """Take int8 only where it is faster and costs next to nothing."""
    return int8 if int8.ms < fp32.ms and int8.macro_f1 >= fp32.macro_f1 - _WORTH else fp32


def to_onnx(network: CoatingNetwork, path: Path) -> None:
    """Write a network in fp32, for any number of candidates."""
    example = torch.zeros(2, len(CHANNELS), 64, 64), torch.zeros(2, len(FEATURES))
    torch.onnx.export(
        Naming(network).eval(), example, str(path), dynamo=False, opset_version=17,
        input_names=["crops", "features"], output_names=["probabilities"],
        dynamic_axes={name: {0: "candidates"} for name in ("crops", "features", "probabilities")},
    )  # fmt: skip


def _quantised(plain: Path, typical: Samples) -> Path:
    """Static int8 of the convolutions; measurements and the last layers keep their precision."""
    # Imported late: only training has the package that this needs.
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static  # noqa: PLC0415

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._left = iter(np.array_split(np.arange(len(typical)), max(len(typical) // 64, 1)))

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            chosen = next(self._left, None)
            return (
                None if chosen is None else {"crops": _f32(typical.crops[chosen]), "features": typical.features[chosen]}
            )

    small = plain.with_name("int8.onnx")
    quantize_static(
        str(plain), str(small), Reader(), quant_format=QuantFormat.QDQ, per_channel=True, op_types_to_quantize=["Conv"]
    )
    return small


def _build(precision: str, model: bytes, samples: Samples, kinds: tuple[str, ...]) -> Build:
    network = OnnxNetwork(model)
    named = answers_of(network, samples).argmax(axis=1)
    return Build(precision, model, macro_f1(kind_scores(samples.labels, named, kinds)), naming_ms(network, samples))


def naming_ms(network: OnnxNetwork, samples: Samples, rounds: int = 60) -> float:
    """Median time that the network takes for twenty candidates."""
    crops, features = _f32(samples.crops[:_AT_ONCE]), samples.features[:_AT_ONCE]
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        network.probabilities(crops, features)
        times.append(1e3 * (time.perf_counter() - begun))
    return float(np.median(times))


def write(path: Path, build: Build, network: CoatingNetwork, samples: Samples, told: dict[str, Any]) -> None:
    """Write the three files.

    Parameters
    ----------
    path : Path
        The `.onnx` file.
    build : Build
    network : CoatingNetwork
        Its weights, for retraining.
    samples : Samples
        Some of them become the stored inputs.
    told : dict
        What else the card says: name, version, kinds, limits, metrics, training.
    """
    card = told | {
        "precision": build.precision, "sha256": hashlib.sha256(build.model).hexdigest(),
        "channels": CHANNELS, "features": FEATURES, "training_commit": _commit(),
    }  # fmt: skip
    chosen = np.random.default_rng(0).choice(len(samples), min(_STORED, len(samples)), replace=False)
    stored = samples[chosen]
    answers = OnnxNetwork(build.model).probabilities(_f32(stored.crops), stored.features)
    weights = {f"{_WEIGHT}{name}": value.numpy() for name, value in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    # All three are complete before any of them has its name: a full disk leaves what was there.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        new = Path(folder) / path.name
        new.write_bytes(build.model)
        new.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
        np.savez_compressed(
            new.with_suffix(".npz"),
            crops=_f32(stored.crops),
            features=stored.features,
            probabilities=answers,
            **weights,
        )
        for suffix in (".npz", ".json", ".onnx"):
            new.with_suffix(suffix).replace(path.with_suffix(suffix))


def read_network(path: Path, size: str) -> CoatingNetwork:
    """Read the network behind an exported model, ready to be fitted further.

    Raises
    ------
    ModelError
        Its weights are not there, or are those of another network.
    """
    try:
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
            names = [name for name in file.files if name.startswith(_WEIGHT)]
            state = {name.removeprefix(_WEIGHT): torch.from_numpy(file[name]) for name in names}
        kinds = state["judge.3.weight"].shape[0]
        network = CoatingNetwork(len(CHANNELS), kinds, state["means"], state["deviations"], SIZES[size])
        network.load_state_dict(state)
    except (KeyError, RuntimeError) as problem:
        raise ModelError(
            f"expected the weights of a {size} network beside {path.name}, got {problem!r}: train it anew"
        ) from problem
    return network


def _f32(crops: NDArray[np.floating]) -> NDArray[np.float32]:
    return crops.astype(np.float32)


def _commit() -> str:
    """Ask for the commit that the training code stands at."""
    command, here = ["git", "rev-parse", "HEAD"], Path(__file__).parent
    asked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    return asked.stdout.strip() or "not under version control"
