"""Rims: lane edges that leave their course."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.synthetic.drawing import clouds

_FARTHEST_OUT_PX = 28.0
"""A lane may bulge that far and leave foil between it and the next."""


def ragged_edge(rng: Generator, rows: int) -> NDArray[np.float64]:
    """How far outward an edge lies of its course, by row: 4 to 40 px at its worst."""
    length = int(min(np.exp(rng.uniform(np.log(40), np.log(420))), 0.8 * rows))
    amplitude = np.exp(rng.uniform(np.log(4), np.log(40)))
    aside = _FORMS[rng.integers(len(_FORMS))](rng, np.linspace(-1, 1, length)) * amplitude
    return np.asarray(aside * min(1.0, _FARTHEST_OUT_PX / max(float(aside.max()), 1.0)))


def _chip(rng: Generator, along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Break a piece out: steep flanks, rough bottom."""
    flanks = np.clip((1 - np.abs(along)) * rng.uniform(3, 8), 0, 1)
    return -flanks * (1 + 0.15 * _rough(rng, len(along), 9)) * (1 + 0.3 * rng.uniform(-1, 1) * along)


def _bulge(rng: Generator, along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Too much slurry for a moment: a smooth swelling outward."""
    swelling = np.cos(np.pi / 2 * along) ** 2 * (1 + 0.05 * _rough(rng, len(along), 30))
    return np.asarray(swelling, np.float64)


def _ragged(rng: Generator, along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flutter and tearing: in and out again and again."""
    envelope = np.clip((1 - np.abs(along)) * 5, 0, 1)
    size = rng.uniform(10, 35)
    rough = _rough(rng, len(along), size) + 0.3 * _rough(rng, len(along), 4)
    return np.asarray(envelope * rough / max(float(np.abs(envelope * rough).max()), 1e-6))


_FORMS = (_chip, _bulge, _ragged)


def _rough(rng: Generator, length: int, size_px: float) -> NDArray[np.float64]:
    return np.asarray(clouds((length, 8), rng, size_px)[:, 4], np.float64)
