"""The network: strided convolutions over the pictures, one layer over the measurements, joined.

Small on purpose. Twenty candidates must be named within two milliseconds on one core, and what
tells kinds apart is drawn large: `candidates` has already found, scaled and measured them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

DROPPED = 0.2


@dataclass(frozen=True)
class Size:
    """How large a network is.

    Attributes
    ----------
    widths : tuple of int
        Channels after each halving of the picture.
    blocks : int
        Residual blocks after each of them (He et al., CVPR 2016).
    hidden : int
        Width of the layer that joins pictures and measurements.
    """

    widths: tuple[int, ...]
    blocks: int
    hidden: int


SIZES = {
    "line": Size((16, 16, 32, 48), 0, 64),
    "large": Size((24, 48, 96, 144), 1, 128),
}
"""`line` names 20 candidates in under a millisecond: its widths are those that the runtime packs whole
(with 12, 24, 32, 48 it took 1.6 times as long). `large` learns from plain pictures what measurements
would have told, and takes 30 times as long."""


class CoatingNetwork(nn.Module):
    """Logits for each kind, `unknown` among them.

    Parameters
    ----------
    channels, kinds : int
    means, deviations : Tensor of shape (features,)
        Of the training samples' measurements; part of the network, so that nobody scales them twice.
    size : Size
    """

    means: Tensor
    deviations: Tensor
    temperature: Tensor

    def __init__(self, channels: int, kinds: int, means: Tensor, deviations: Tensor, size: Size) -> None:
        super().__init__()
        self.register_buffer("means", means)
        self.register_buffer("deviations", deviations)
        self.register_buffer("temperature", torch.ones(()))
        layers: list[nn.Module] = []
        for width in size.widths:
            layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            layers += [Residual(width) for _ in range(size.blocks)]
            channels = width
        self.pictures = nn.Sequential(*layers)
        joined = channels * 4 + len(means)
        self.judge = nn.Sequential(
            nn.Linear(joined, size.hidden), nn.ReLU(), nn.Dropout(DROPPED), nn.Linear(size.hidden, kinds)
        )

    def forward(self, crops: Tensor, features: Tensor) -> Tensor:
        """Logits of shape (samples, kinds) from crops (samples, channels, 64, 64) and features."""
        seen = nn.functional.max_pool2d(self.pictures(crops), 2).flatten(1)
        measured = (features - self.means) / self.deviations
        logits: Tensor = self.judge(torch.cat([seen, measured], dim=1))
        return logits


class Residual(nn.Module):
    """Two convolutions around which the picture passes unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width),
        )  # fmt: skip

    def forward(self, seen: Tensor) -> Tensor:
        """Of the same shape."""
        return nn.functional.relu(seen + self.change(seen))


class Naming(nn.Module):
    """The network as it is shipped: calibrated probabilities instead of logits."""

    def __init__(self, network: CoatingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor, features: Tensor) -> Tensor:
        """Probabilities of shape (samples, kinds), rows summing to 1."""
        logits: Tensor = self.network(crops, features)
        return torch.softmax(logits / self.network.temperature, dim=1)
