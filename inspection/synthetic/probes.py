"""Probes: plain shapes of unit strength, for asking what is just seen."""

import numpy as np
from numpy.random import Generator

from inspection.synthetic.drawing import clouds, grid, inside
from inspection.synthetic.ground import Shape
from inspection.synthetic.traces import streak_of


def point(rng: Generator, radius_px: tuple[float, float], bright: bool | None) -> Shape:
    """Draw a disc, or a Gaussian of that radius at half height."""
    radius = rng.uniform(*radius_px)
    distance = np.hypot(*grid(4 * radius, rng))
    gauss = np.exp(-np.log(2) * (distance / np.float32(radius)) ** 2)
    values = gauss if rng.random() < 0.5 else inside(distance, radius)
    return Shape.seen(values * _sign(rng, bright))


def straight_streak(rng: Generator, rows: int, width_px: float) -> Shape:
    """Draw an even streak with straight flanks."""
    half = int(np.ceil(width_px / 2)) + 5
    distance = np.abs(np.arange(-half, half + 1) + rng.uniform(-0.5, 0.5)).astype(np.float32)
    return streak_of(np.ones(rows), inside(distance, width_px / 2), float(_sign(rng, None)))


def soft_blob(rng: Generator, size_px: float) -> Shape:
    """Draw a round blob with soft flanks, `size_px` wide at half height."""
    distance = np.hypot(*grid(1.4 * size_px, rng))
    return Shape.seen(np.exp(-np.log(2) * (2 * distance / np.float32(size_px)) ** 2) * _sign(rng, None))


def mottle(rng: Generator, _: object) -> Shape:
    """Draw a field of lumps without an outline."""
    distance = np.hypot(*grid(rng.uniform(100, 220), rng))
    lumps = clouds((distance.shape[0], distance.shape[1]), rng, 60)
    return Shape.seen(lumps * np.exp(-((2 * distance / distance.max()) ** 2)))


def _sign(rng: Generator, bright: bool | None) -> np.float32:
    return np.float32(1 if (rng.random() < 0.5 if bright is None else bright) else -1)
