"""Train the classifier: `python -m models.train`.

Draws webs, trains, scales its confidence on webs it has not seen (temperature, Guo et al., On
Calibration of Modern Neural Networks, ICML 2017), exports to ONNX, and writes the card and the
stored answers that the model is checked against whenever it is loaded.
"""

import argparse
import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import Progress, track
from torch import Tensor, nn

from inspection.candidates import CHANNELS, FEATURES
from inspection.defect import Kind
from inspection.onnx_model import OnnxNetwork
from inspection.synthetic.product import HELD_OUT, PRODUCTS, Product
from models.network import CoatingNetwork, Naming
from models.registry import shipped_model
from models.samples import KINDS, Samples, draw_samples

FRAMES_BY_KIND = {
    Kind.PINHOLE: 8, Kind.BLISTER: 8, Kind.AGGLOMERATE: 8, Kind.METALLIC_PARTICLE: 8, Kind.BARE_SPOT: 8,
    Kind.STREAK: 24, Kind.SCRATCH: 16, Kind.CRACK: 18, Kind.DELAMINATION: 22, Kind.STAIN: 20,
    Kind.WRINKLE: 24, Kind.FOIL_CONTAMINATION: 16, Kind.EDGE_DEFECT: 10, Kind.SPLICE: 24,
}  # fmt: skip
_OBLIQUE = FEATURES.index("oblique")
_STORED = 64


@dataclass(frozen=True)
class Training:
    """How a model is trained; kept on its card.

    Attributes
    ----------
    seed : int
    epochs, batch : int
    learning_rate, weight_decay : float
    cameras, validation_cameras, held_out_cameras : tuple of int
        Seeds; no camera and no web is seen twice.
    wanted_accuracy : float
        Of the names that are stood for; what is less sure is called unknown.
    """

    seed: int = 1
    epochs: int = 40
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    cameras: tuple[int, ...] = (11, 12, 13)
    validation_cameras: tuple[int, ...] = (21,)
    held_out_cameras: tuple[int, ...] = (31,)
    wanted_accuracy: float = 0.98


def main() -> None:
    """Draw, train, calibrate, export."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=shipped_model(), help="where the .onnx file goes")
    parser.add_argument("--version", default="1", help="version told in every answer")
    parser.add_argument("--epochs", type=int, default=Training.epochs, help="rounds over all samples")
    parser.add_argument("--samples", type=Path, help="folder to keep drawn samples in, and to take them from")
    asked = parser.parse_args()
    training = Training(epochs=asked.epochs)
    lots = {
        "training": (PRODUCTS, training.cameras, 1.0),
        "validation": (PRODUCTS, training.validation_cameras, 0.5),
        "held_out": (HELD_OUT, training.held_out_cameras, 0.5),
    }
    drawn = {name: _drawn(name, *lot, asked.samples) for name, lot in lots.items()}
    network = train(drawn["training"], training)
    unknown_below = calibrate_confidence(network, drawn["validation"], training.wanted_accuracy)
    metrics = {name: measure(network, drawn[name], unknown_below) for name in ("validation", "held_out")}
    told = {"metrics": metrics, "training": asdict(training), "unknown_below": unknown_below}
    export(network, drawn["validation"], asked.out, asked.version, told)
    print(json.dumps(metrics, indent=2))


def _drawn(name: str, products: dict[str, Product], cameras: Sequence[int], share: float, kept: Path | None) -> Samples:
    """Take samples from the folder where they were kept, or drawn anew."""
    path = kept / f"{name}.npz" if kept else None
    if path and path.exists():
        with np.load(path) as file:
            return Samples(**file)
    frames = {kind: max(int(count * share), 4) for kind, count in FRAMES_BY_KIND.items()}
    with Progress() as bar:
        drawing = bar.add_task(f"drawing {name}", total=len(products) * len(cameras) * sum(frames.values()))
        samples = draw_samples(list(products.values()), cameras, frames, lambda: bar.advance(drawing))
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **vars(samples))
    return samples


def train(samples: Samples, training: Training) -> CoatingNetwork:
    """Fit the network; every sample is also seen mirrored."""
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    features = torch.from_numpy(samples.features)
    network = CoatingNetwork(len(CHANNELS), len(KINDS), features.mean(0), features.std(0) + 1e-3)
    weights = torch.from_numpy(_class_weights(samples.labels))
    loss_of = nn.CrossEntropyLoss(weight=weights, label_smoothing=0.02)
    optimizer = torch.optim.AdamW(network.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay)
    steps = training.epochs * -(-len(samples) // training.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.learning_rate * 2, total_steps=steps)
    for _ in track(range(training.epochs), "training"):
        network.train()
        order = rng.permutation(len(samples))
        for begin in range(0, len(order), training.batch):
            crops, measured, labels = _batch(samples, order[begin : begin + training.batch], rng)
            optimizer.zero_grad()
            loss_of(network(crops, measured), labels).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    return network


def _class_weights(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Rare kinds count more, by the square root of how rare they are."""
    counts = np.bincount(labels, minlength=len(KINDS)).astype(np.float32)
    weights: NDArray[np.float32] = np.sqrt(counts.mean() / np.maximum(counts, 1))
    return weights


def _batch(samples: Samples, chosen: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Take samples, mirrored at random across or along the web; the direction of a line turns with them."""
    crops = torch.from_numpy(samples.crops[chosen].astype(np.float32))
    features = torch.from_numpy(samples.features[chosen])
    for axis in (2, 3):
        mirrored = torch.from_numpy(rng.random(len(chosen)) < 0.5)
        crops[mirrored] = crops[mirrored].flip(axis)
        features[mirrored, _OBLIQUE] *= -1
    return crops, features, torch.from_numpy(samples.labels[chosen])


@torch.no_grad()
def _logits(network: CoatingNetwork, samples: Samples) -> Tensor:
    parts = []
    for begin in range(0, len(samples), 512):
        crops = torch.from_numpy(samples.crops[begin : begin + 512].astype(np.float32))
        parts.append(network(crops, torch.from_numpy(samples.features[begin : begin + 512])))
    return torch.cat(parts)


def calibrate_confidence(network: CoatingNetwork, samples: Samples, wanted_accuracy: float) -> float:
    """Set the temperature, and find the probability below which names are not stood for."""
    logits, labels = _logits(network, samples), torch.from_numpy(samples.labels)
    temperatures = torch.logspace(-0.7, 0.7, 141)
    losses = torch.stack([nn.functional.cross_entropy(logits / t, labels) for t in temperatures])
    network.temperature = temperatures[losses.argmin()]
    probability, best = torch.softmax(logits / network.temperature, dim=1).max(dim=1)
    right = (best == labels).numpy()
    for limit in np.arange(0.3, 0.95, 0.01):
        stood_for = probability.numpy() >= limit
        if right[stood_for].mean() >= wanted_accuracy:
            return float(round(limit, 2))
    return 0.95


def measure(network: CoatingNetwork, samples: Samples, unknown_below: float) -> dict[str, Any]:
    """Accuracy overall and by kind, and how honest the probabilities are."""
    probabilities = torch.softmax(_logits(network, samples) / network.temperature, dim=1)
    probability, best = (values.numpy() for values in probabilities.max(dim=1))
    right, stood_for = best == samples.labels, probability >= unknown_below
    by_kind = {kind.value: float(right[samples.labels == n].mean()) for n, kind in enumerate(KINDS)}
    return {
        "samples": len(samples),
        "accuracy": round(float(right.mean()), 4),
        "macro_recall": round(float(np.mean(list(by_kind.values()))), 4),
        "unknown_share": round(float(1 - stood_for.mean()), 4),
        "accuracy_of_stood_for": round(float(right[stood_for].mean()), 4),
        "calibration_error": round(_calibration_error(probability, right), 4),
        "recall_by_kind": {kind: round(recall, 4) for kind, recall in by_kind.items()},
    }


def _calibration_error(probability: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Measure the expected calibration error over ten equal bins (Naeini et al., AAAI 2015)."""
    bins = np.minimum((probability * 10).astype(int), 9)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        error += inside.mean() * abs(float(probability[inside].mean()) - float(right[inside].mean()))
    return error


def export(network: CoatingNetwork, samples: Samples, path: Path, version: str, told: dict[str, Any]) -> None:
    """Write the network, its card, and stored inputs with the answers that the runtime gives them."""
    example = torch.zeros(2, len(CHANNELS), 64, 64), torch.zeros(2, len(FEATURES))
    torch.onnx.export(
        Naming(network).eval(), example, str(path), dynamo=False, opset_version=17,
        input_names=["crops", "features"], output_names=["probabilities"],
        dynamic_axes={name: {0: "candidates"} for name in ("crops", "features", "probabilities")},
    )  # fmt: skip
    model = path.read_bytes()
    card = {
        "name": "coating", "version": version, "precision": "fp32",
        "sha256": hashlib.sha256(model).hexdigest(), "kinds": [kind.value for kind in KINDS],
        "channels": CHANNELS, "features": FEATURES,
        "training_commit": _commit(), **told,
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
    chosen = np.random.default_rng(0).choice(len(samples), _STORED, replace=False)
    crops, features = samples.crops[chosen].astype(np.float32), samples.features[chosen]
    answers = OnnxNetwork(model).probabilities(crops, features)
    np.savez_compressed(path.with_suffix(".npz"), crops=crops, features=features, probabilities=answers)


def _commit() -> str:
    """Ask for the commit that the training code stands at."""
    command, here = ["git", "rev-parse", "HEAD"], Path(__file__).parent
    asked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    return asked.stdout.strip() or "not under version control"


if __name__ == "__main__":
    main()
