"""Texture: what coating and foil look like where nothing happened.

Tiles are drawn once for a web. Every block of every frame adds two of them at fresh random
offsets, so that the same pattern practically never comes twice.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.synthetic.product import Product

LENS_PX = 0.7
"""Gaussian radius of the lens's blur."""

_BLOCK_COLUMNS = 1024
_FADE_COLUMNS = 32
_FADE_OUT = np.cos(np.pi / 2 * (np.arange(_FADE_COLUMNS) + 0.5) / _FADE_COLUMNS).astype(np.float32)
"""Over these columns one block goes over into the next: no seam is seen, and the variance stays as it is."""

_SPARE_ROWS = 256
_LINE_STEP = 8


@dataclass(frozen=True, eq=False)
class Texture:
    """A surface: its mean grey and how it varies around it.

    Attributes
    ----------
    level : float
        Mean reflectance as a share of full scale.
    sigma, mean3_sigma : float
        Standard deviation of one pixel and of a 3x3 mean.
    tiles : pair of ndarray, float32
        Deviations of zero mean; a surface is the sum of a piece of each.
    """

    level: float
    sigma: float
    mean3_sigma: float
    tiles: tuple[NDArray[np.float32], NDArray[np.float32]]

    @classmethod
    def coating(cls, product: Product, rng: Generator, rows: int, columns: int) -> Self:
        """Grain with faint lines along the web."""
        radius = np.hypot(product.grain_px, LENS_PX)
        tiles = [
            _grain(rng, _tile_shape(rows, columns), radius, product.grain_sigma)
            + _lines(rng, _tile_shape(rows, columns), product.line_px, product.roll_sigma)
            for _ in range(2)
        ]
        return cls._of(product.coating_gl, tiles)

    @classmethod
    def foil(cls, product: Product, rng: Generator, rows: int, columns: int) -> Self:
        """Fine roughness with rolling marks along the web."""
        tiles = [
            _grain(rng, _tile_shape(rows, columns), LENS_PX, product.foil_sigma)
            + _lines(rng, _tile_shape(rows, columns), product.line_px, product.foil_line_sigma)
            for _ in range(2)
        ]
        return cls._of(product.foil_gl, tiles)

    @classmethod
    def _of(cls, level: float, tiles: list[NDArray[np.float32]]) -> Self:
        halves = [tile * np.float32(np.sqrt(0.5)) for tile in tiles]
        sigma = np.sqrt(sum(float(tile.var()) for tile in halves))
        mean3 = np.sqrt(sum(float(cv2.blur(tile, (3, 3)).var()) for tile in halves))
        return cls(level, float(sigma), float(mean3), (halves[0], halves[1]))

    def fill(self, surface: NDArray[np.float32], rng: Generator) -> None:
        """Paint over `surface`, block of columns by block of columns, each fading into the next."""
        columns = surface.shape[1]
        step = min(_BLOCK_COLUMNS, self.tiles[0].shape[1] // 2)
        for left in range(0, columns, step):
            fading = min(_FADE_COLUMNS, left)
            block = surface[:, left - fading : left + step]
            before = block[:, :fading] * _FADE_OUT[:fading]
            np.add(_piece(self.tiles[0], block.shape, rng), _piece(self.tiles[1], block.shape, rng), out=block)
            block[:, :fading] *= _FADE_OUT[:fading][::-1]
            block[:, :fading] += before
        surface += np.float32(self.level)

    def deviations(self, rows: int, columns: int, rng: Generator) -> NDArray[np.float32]:
        """Cut a piece of it around zero, for a patch that shows this surface through another."""
        surface = np.empty((rows, columns), np.float32)
        most = self.tiles[0].shape[0]
        for top in range(0, rows, most):
            self.fill(surface[top : top + most], rng)
        surface -= np.float32(self.level)
        return surface


def _tile_shape(rows: int, columns: int) -> tuple[int, int]:
    return rows + _SPARE_ROWS, 2 * min(_BLOCK_COLUMNS, columns)


def _piece(tile: NDArray[np.float32], shape: tuple[int, ...], rng: Generator) -> NDArray[np.float32]:
    top = int(rng.integers(tile.shape[0] - shape[0] + 1))
    left = int(rng.integers(tile.shape[1] - shape[1] + 1))
    return tile[top : top + shape[0], left : left + shape[1]]


def _grain(rng: Generator, shape: tuple[int, int], radius_px: float, sigma: float) -> NDArray[np.float32]:
    white = rng.standard_normal(shape, dtype=np.float32)
    return _scaled(cv2.GaussianBlur(white, (0, 0), float(radius_px), borderType=cv2.BORDER_REFLECT), sigma)


def _lines(rng: Generator, shape: tuple[int, int], length_px: float, sigma: float) -> NDArray[np.float32]:
    """Drawn short, then stretched along the web."""
    few = -(-shape[0] // _LINE_STEP)
    white = rng.standard_normal((few, shape[1]), dtype=np.float32)
    short = cv2.GaussianBlur(
        white, (0, 0), sigmaX=1.2, sigmaY=length_px / _LINE_STEP / 2, borderType=cv2.BORDER_REFLECT
    )
    return _scaled(cv2.resize(short, shape[::-1], interpolation=cv2.INTER_LINEAR), sigma)


def _scaled(field: NDArray[np.generic], sigma: float) -> NDArray[np.float32]:
    values = np.asarray(field, np.float32)
    values -= values.mean()
    values *= np.float32(sigma / max(float(values.std()), 1e-12))
    return values
