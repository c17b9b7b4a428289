"""The network: four strided convolutions over the pictures, one layer over the measurements, joined.

Small on purpose. Twenty candidates must be named within a millisecond and a half on one core, and
what tells kinds apart is drawn large: `candidates` has already found, scaled and measured them.
"""

import torch
from torch import Tensor, nn

WIDTHS = (16, 16, 32, 48)
"""Widths that the runtime packs whole: 21 candidates took 0.76 ms, with 12, 24, 32, 48 they took 1.22."""
HIDDEN = 64
DROPPED = 0.2


class CoatingNetwork(nn.Module):
    """Logits for each kind.

    Parameters
    ----------
    channels, features, kinds : int
    means, deviations : Tensor of shape (features,)
        Of the training samples' measurements; part of the network, so that nobody scales them twice.
    """

    means: Tensor
    deviations: Tensor
    temperature: Tensor

    def __init__(self, channels: int, kinds: int, means: Tensor, deviations: Tensor) -> None:
        super().__init__()
        self.register_buffer("means", means)
        self.register_buffer("deviations", deviations)
        self.register_buffer("temperature", torch.ones(()))
        layers: list[nn.Module] = []
        for width in WIDTHS:
            layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        self.pictures = nn.Sequential(*layers)
        joined = channels * 4 + len(means)
        self.judge = nn.Sequential(nn.Linear(joined, HIDDEN), nn.ReLU(), nn.Dropout(DROPPED), nn.Linear(HIDDEN, kinds))

    def forward(self, crops: Tensor, features: Tensor) -> Tensor:
        """Logits of shape (samples, kinds) from crops (samples, channels, 64, 64) and features."""
        seen = nn.functional.max_pool2d(self.pictures(crops), 2).flatten(1)
        measured = (features - self.means) / self.deviations
        logits: Tensor = self.judge(torch.cat([seen, measured], dim=1))
        return logits


class Naming(nn.Module):
    """The network as it is shipped: calibrated probabilities instead of logits."""

    def __init__(self, network: CoatingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor, features: Tensor) -> Tensor:
        """Probabilities of shape (samples, kinds), rows summing to 1."""
        logits: Tensor = self.network(crops, features)
        return torch.softmax(logits / self.network.temperature, dim=1)
