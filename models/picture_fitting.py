"""Fitting: a network to pictures, from nothing, and what it then answers."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inspection.errors import InputError
from models.picture_network import Answering, PictureNetwork, mean_probabilities
from models.picture_variation import Variation, lit, mixed, moved
from models.pictures import SIDE, Pictures, Progress, silent

_AT_ONCE = 64


@dataclass(frozen=True)
class Training:
    """How a network is trained; kept on its card.

    Attributes
    ----------
    seed : int
    side : int
        Of the pictures, in pixels.
    epochs, batch : int
    least_batches : int
        In an epoch; a few pictures, varied anew each time, are shown more often than once.
    learning_rate, weight_decay, label_smoothing : float
    variation : Variation
    """

    seed: int = 1
    side: int = SIDE
    epochs: int = 30
    batch: int = 64
    least_batches: int = 8
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    variation: Variation = field(default_factory=Variation)

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 1 << 63:
            raise InputError(f"expected a seed from 0 to 2^63 - 1, got {self.seed}: any such number will do")


def fit(
    pictures: Pictures, training_mask: NDArray[np.bool_], config: Training, progress: Progress = silent
) -> PictureNetwork:
    """Train a network from nothing.

    AdamW (Loshchilov and Hutter, ICLR 2019) with one cycle of the learning rate (Smith, A Disciplined
    Approach to Neural Network Hyper-Parameters, 2018). Sets PyTorch's own seed.

    Parameters
    ----------
    pictures : Pictures
    training_mask : ndarray of shape (pictures,), bool
        What to train on.
    config : Training
    progress : callable
        Called after each epoch.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    seen = pictures.grey[training_mask]
    network = PictureNetwork(len(pictures.kinds), float(seen.mean()), float(seen.std()) + 1e-3)
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    batches = max(-(-len(seen) // config.batch), config.least_batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, total_steps=config.epochs * batches)
    loss_of = nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)
    for epoch in range(config.epochs):
        for _ in range(batches):
            shown, wanted = _batch(pictures, _drawn(pictures, training_mask, config.batch, rng), network, config, rng)
            optimizer.zero_grad()
            loss_of(network(shown), wanted).backward()
            optimizer.step()
            schedule.step()
        progress(epoch + 1, config.epochs)
    network.eval()
    return network


def _drawn(
    pictures: Pictures, training_mask: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw pictures by one over the root of their kind's count: rare kinds are shown more, not as often as others."""
    places = np.flatnonzero(training_mask)
    labels = pictures.labels[places]
    chances = 1 / np.sqrt(np.bincount(labels)[labels])
    return rng.choice(places, count, p=chances / chances.sum())


def _batch(
    pictures: Pictures,
    chosen: NDArray[np.int64],
    network: PictureNetwork,
    config: Training,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """Take some pictures, each varied, with the probabilities that are wanted of them."""
    placed = moved(_planes(pictures.grey[chosen]), config.variation, rng)
    shown = lit(placed, float(network.mean), float(network.deviation), config.variation, rng)
    wanted = nn.functional.one_hot(torch.from_numpy(pictures.labels[chosen]), len(pictures.kinds)).float()
    return mixed(shown, wanted, config.variation, rng)


def _planes(grey: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(grey[:, np.newaxis].astype(np.float32))


def probabilities(network: PictureNetwork, pictures: Pictures, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Probabilities of the masked pictures, shape (masked, kinds), averaged over six flips and transposes.

    The exported file averages in the same way, see `picture_network.Answering`.
    """
    answers: NDArray[np.float32] = mean_probabilities(view_logits(network, pictures, mask), network.temperature).numpy()
    return answers


@torch.no_grad()
def view_logits(network: PictureNetwork, pictures: Pictures, mask: NDArray[np.bool_]) -> Tensor:
    """Logits of the masked pictures, shape (masked, 6, kinds), before the temperature; see `Answering`."""
    answering = Answering(network).eval()
    parts = torch.from_numpy(np.flatnonzero(mask)).split(_AT_ONCE)
    return torch.cat([answering.view_logits(_planes(pictures.grey[part.numpy()])) for part in parts])


def best_temperature(view_logits: Tensor, labels: NDArray[np.int64]) -> float:
    """Find what makes the probabilities most honest (Guo et al., On Calibration of Neural Networks, ICML 2017).

    Parameters
    ----------
    view_logits : Tensor of shape (pictures, views, kinds)
    labels : ndarray of shape (pictures,), int64

    Returns
    -------
    float
        Between a half and five: a handful of pictures, all named rightly, must not make a network ever surer.
    """
    temperatures, wanted = torch.logspace(-0.3, 0.7, 101), torch.from_numpy(labels)
    told = (mean_probabilities(view_logits, temperature).clamp_min(1e-12).log() for temperature in temperatures)
    losses = torch.stack([nn.functional.nll_loss(logs, wanted) for logs in told])
    return float(temperatures[losses.argmin()])
