"""Fitting: a network to samples, with what really varies varied anew in every round.

Drawing the webs varies grey, grain, noise, blur and pixel size; here vary what costs nothing more:
which way round a thing lies, how well the noise was measured, how bright the foil is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inspection.candidates import CHANNELS, FEATURES
from inspection.defect import Kind
from models.network import SIZES, CoatingNetwork
from models.samples import KINDS, Samples

_TURNABLE = (Kind.PINHOLE, Kind.BARE_SPOT, Kind.STAIN, Kind.SCRATCH, Kind.CRACK, Kind.FOIL_CONTAMINATION)
"""Kinds that may lie any way: not those that the web's motion draws or that the lamp lights from one side."""

_SIGMA, _REFLECTANCE = (
    [place for place, name in enumerate(CHANNELS) if name.endswith(ending)] for ending in ("sigma", "reflectance")
)
_OBLIQUE, _ALONG, _CONTRAST = (FEATURES.index(name) for name in ("oblique", "along_web", "contrast"))
_GREYS = [FEATURES.index(name) for name in ("darkest", "mean", "brightest")]
_SWAPPED = [("log_length_mm", "log_width_mm"), ("share_of_height", "share_of_width")]
_FRAME_ASPECT = 4.0
"""Columns over rows of the frames that samples are drawn on."""


@dataclass(frozen=True)
class Training:
    """How a network is fitted; kept on its card.

    Attributes
    ----------
    seed : int
    size : str
        A name in `network.SIZES`.
    epochs, batch : int
    learning_rate, weight_decay, label_smoothing : float
    noise_error, foil_error : float
        How far calibration may err in noise and in the foil's grey, as a share.
    rejected : float
        Share of known candidates that may be called unknown.
    """

    seed: int = 1
    size: str = "line"
    epochs: int = 30
    batch: int = 128
    learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    label_smoothing: float = 0.02
    noise_error: float = 0.15
    foil_error: float = 0.1
    rejected: float = 0.02


def new_network(samples: Samples, training: Training, kinds: int = len(KINDS) + 1) -> CoatingNetwork:
    """Make a network that knows the samples' measurements by their mean and spread, and nothing else."""
    torch.manual_seed(training.seed)
    features = torch.from_numpy(samples.features)
    return CoatingNetwork(len(CHANNELS), kinds, features.mean(0), features.std(0) + 1e-3, SIZES[training.size])


def fit(
    network: CoatingNetwork, samples: Samples, training: Training, progress: Callable[[], None] = lambda: None
) -> CoatingNetwork:
    """Fit a network in place, and leave it ready to answer.

    Parameters
    ----------
    network : CoatingNetwork
    samples : Samples
    training : Training
    progress : callable
        Called after each round over all samples.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    weights = torch.from_numpy(_class_weights(samples.labels, network.judge[-1].out_features))
    loss_of = nn.CrossEntropyLoss(weight=weights, label_smoothing=training.label_smoothing)
    optimizer = torch.optim.AdamW(network.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay)
    steps = training.epochs * -(-len(samples) // training.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.learning_rate, total_steps=steps)
    for _ in range(training.epochs):
        network.train()
        order = rng.permutation(len(samples))
        for begin in range(0, len(order), training.batch):
            crops, measured, labels = _batch(samples, order[begin : begin + training.batch], training, rng)
            optimizer.zero_grad()
            loss_of(network(crops, measured), labels).backward()
            optimizer.step()
            schedule.step()
        progress()
    network.eval()
    return network


@torch.no_grad()
def logits_of(network: CoatingNetwork, samples: Samples) -> Tensor:
    """Logits of every sample, shape (samples, kinds)."""
    parts = []
    for begin in range(0, len(samples), 512):
        crops = torch.from_numpy(samples.crops[begin : begin + 512].astype(np.float32))
        parts.append(network(crops, torch.from_numpy(samples.features[begin : begin + 512])))
    return torch.cat(parts)


def _class_weights(labels: NDArray[np.int64], kinds: int) -> NDArray[np.float32]:
    """Rare kinds count more, by the square root of how rare they are."""
    counts = np.bincount(labels, minlength=kinds).astype(np.float32)
    weights: NDArray[np.float32] = np.sqrt(counts[counts > 0].mean() / np.maximum(counts, 1))
    return weights


def _batch(
    samples: Samples, chosen: NDArray[np.int64], training: Training, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Take some samples, each varied."""
    crops, features = samples.crops[chosen].astype(np.float32), samples.features[chosen].copy()
    labels = samples.labels[chosen]
    _mirror(crops, features, rng)
    turned = (rng.random(len(chosen)) < 0.5) & np.isin(labels, [KINDS.index(kind) for kind in _TURNABLE])
    _turn(crops, features, turned)
    _rescale(crops, features, training, rng)
    return torch.from_numpy(crops), torch.from_numpy(features), torch.from_numpy(labels)


def _mirror(crops: NDArray[np.float32], features: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Mirror some across or along the web; the direction of a line turns with them."""
    for axis in (2, 3):
        mirrored = rng.random(len(crops)) < 0.5
        crops[mirrored] = np.flip(crops[mirrored], axis)
        features[mirrored, _OBLIQUE] *= -1


def _turn(crops: NDArray[np.float32], features: NDArray[np.float32], turned: NDArray[np.bool_]) -> None:
    """Turn some by a quarter: length and width change places."""
    crops[turned] = np.swapaxes(crops[turned], 2, 3)
    features[turned, _ALONG] *= -1
    for one, other in _SWAPPED:
        places = [FEATURES.index(one), FEATURES.index(other)]
        swapped = features[turned][:, places]
        features[turned, places[0]], features[turned, places[1]] = swapped[:, 1], swapped[:, 0]
    features[turned, FEATURES.index("share_of_height")] *= _FRAME_ASPECT
    features[turned, FEATURES.index("share_of_width")] /= _FRAME_ASPECT


def _rescale(
    crops: NDArray[np.float32], features: NDArray[np.float32], training: Training, rng: np.random.Generator
) -> None:
    """As if noise or foil had been measured a little otherwise."""
    noise, foil = _factors(training.noise_error, len(crops), rng), _factors(training.foil_error, len(crops), rng)
    crops[:, _SIGMA] = _compressed(crops[:, _SIGMA], noise[:, None, None, None])
    features[:, _CONTRAST] = _compressed(features[:, _CONTRAST], noise)
    crops[:, _REFLECTANCE] *= foil[:, None, None, None]
    features[:, _GREYS] *= foil[:, None]


def _factors(error: float, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    return np.asarray(np.exp(rng.normal(0, error, count)), np.float32)


def _compressed(units: NDArray[np.float32], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply s in its compressed form s / (8 + abs(s)); 8 cancels out."""
    size = np.abs(units)
    return np.asarray(units * factor / (1 - size + size * factor), np.float32)
