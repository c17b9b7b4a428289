"""What a count proves: 95 % bounds, so that no share is claimed without its n."""

import math


def poisson_upper(count: int, confidence: float = 0.95) -> float:
    """Largest mean that still gives `count` or fewer with probability 1 - confidence (Garwood, 1936)."""
    low, high = float(count), 10.0 * count + 20.0
    for _ in range(80):
        mean = (low + high) / 2
        below = sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count + 1))
        low, high = (mean, high) if below > 1 - confidence else (low, mean)
    return high
