"""Trust: probabilities that mean what they say, and a limit beyond which nothing is stood for.

Temperature: Guo et al., On Calibration of Modern Neural Networks, ICML 2017. Both are set on webs
that training has not seen.
"""

import torch
from torch import Tensor, nn

from models.metrics import limit_for


def set_temperature(logits: Tensor, labels: Tensor) -> Tensor:
    """Find the temperature by which logits are least surprised by the labels."""
    temperatures = torch.logspace(-0.7, 0.7, 281)
    losses = torch.stack([nn.functional.cross_entropy(logits / t, labels) for t in temperatures])
    return temperatures[losses.argmin()]


def unknown_limit(probabilities: Tensor, rejected: float) -> float:
    """Probability of `unknown`, the last column, that a share `rejected` of known candidates reaches."""
    return round(limit_for(probabilities[:, -1].numpy(), rejected), 4)
