"""Variation: every picture is seen a little otherwise each time, as another day would show it.

Which way round, how near, how bright. Chance comes from a generator that the caller seeds.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True)
class Variation:
    """How far pictures are varied; kept on the card.

    Attributes
    ----------
    nearest, farthest : float
        Shares of a picture's side that are shown; more than 1 shows a rim, which mirrors what is within.
    turn_rad : float
        Largest turn either way, beside mirroring and transposing.
    shift : float
        Largest shift either way, in half sides.
    least_gain, most_gain : float
        Contrast, as a factor.
    offset : float
        Largest change of brightness either way, in standard deviations of the grey levels.
    mixup_alpha : float
        Both parameters of the beta distribution that pictures are mixed by; 0 mixes none.
    """

    nearest: float = 0.75
    farthest: float = 1.05
    turn_rad: float = 0.2
    shift: float = 0.2
    least_gain: float = 0.8
    most_gain: float = 1.25
    offset: float = 0.3
    mixup_alpha: float = 0.2


def moved(pictures: Tensor, variation: Variation, rng: np.random.Generator) -> Tensor:
    """Mirror, transpose, scale, turn and shift each picture by chance.

    Parameters
    ----------
    pictures : Tensor of shape (pictures, 1, side, side), float32
    variation : Variation
    rng : numpy.random.Generator

    Returns
    -------
    Tensor of the same shape
    """
    count = len(pictures)
    scale = rng.uniform(variation.nearest, variation.farthest, (count, 1, 1))
    turns = _turns(rng.uniform(-variation.turn_rad, variation.turn_rad, count)) @ _orientations(count, rng)
    shifts = rng.uniform(-variation.shift, variation.shift, (count, 2, 1))
    maps = np.concatenate([scale * turns, shifts], axis=2).astype(np.float32)
    grid = nn.functional.affine_grid(torch.from_numpy(maps), list(pictures.shape), align_corners=False)
    return nn.functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def _turns(angles_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations of shape (angles, 2, 2)."""
    cosines, sines = np.cos(angles_rad), np.sin(angles_rad)
    return np.stack([cosines, -sines, sines, cosines], axis=1).reshape(-1, 2, 2)


def _orientations(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random ones of the eight ways to lay a square, shape (count, 2, 2)."""
    mirrored = rng.choice([-1.0, 1.0], (count, 2, 1)) * np.eye(2)
    transposed = rng.random(count) < 0.5
    mirrored[transposed] = mirrored[transposed, :, ::-1]
    return mirrored


def lit(pictures: Tensor, mean: float, deviation: float, variation: Variation, rng: np.random.Generator) -> Tensor:
    """Change contrast and brightness of each picture by chance, about the mean grey level of all."""
    shape = (len(pictures), 1, 1, 1)
    gain = rng.uniform(variation.least_gain, variation.most_gain, shape).astype(np.float32)
    offset = rng.uniform(-variation.offset, variation.offset, shape).astype(np.float32) * np.float32(deviation)
    return (pictures - mean) * torch.from_numpy(gain) + (mean + torch.from_numpy(offset))


def mixed(pictures: Tensor, targets: Tensor, variation: Variation, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mix each picture with another of the batch, and what they are by the same share.

    From Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018.

    Parameters
    ----------
    pictures : Tensor of shape (pictures, 1, side, side), float32
    targets : Tensor of shape (pictures, kinds), float32
        Probabilities that are wanted.
    variation : Variation
    rng : numpy.random.Generator
    """
    if variation.mixup_alpha == 0:
        return pictures, targets
    own = float(rng.beta(variation.mixup_alpha, variation.mixup_alpha))
    other = torch.from_numpy(rng.permutation(len(pictures)))
    return own * pictures + (1 - own) * pictures[other], own * targets + (1 - own) * targets[other]
