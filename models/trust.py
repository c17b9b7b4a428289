"""Trust: probabilities that mean what they say, and a limit beyond which nothing is stood for.

Temperature: Guo et al., On Calibration of Modern Neural Networks, ICML 2017. Both are set on webs
that training has not seen.
"""

import torch
from torch import Tensor, nn

from models.metrics import Probabilities, limit_for

LOWEST_LIMIT = 0.02
"""A network that knows its few samples by heart gives `unknown` next to nothing; a limit of nothing rejects all."""


def set_temperature(logits: Tensor, labels: Tensor) -> Tensor:
    """Find the temperature by which logits are least surprised by the labels."""
    temperatures = torch.logspace(-0.7, 0.7, 281)
    losses = torch.stack([nn.functional.cross_entropy(logits / t, labels) for t in temperatures])
    return temperatures[losses.argmin()]


def unknown_limit(answers: Probabilities, rejected: float) -> float:
    """Probability of `unknown`, the last column, that a share `rejected` of known candidates reaches, but no trifle."""
    return max(round(limit_for(answers[:, -1], rejected), 4), LOWEST_LIMIT)
