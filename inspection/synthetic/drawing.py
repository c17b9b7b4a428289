"""Drawing: the few primitives that all shapes are made of."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Field = NDArray[np.float32]
Path = NDArray[np.float64]

_FINE = 4
"""Lines are drawn that much larger and shrunk, which smooths them."""


def grid(half_px: float, rng: Generator) -> tuple[Field, Field]:
    """Down and cross distances from a centre that lies anywhere within its pixel."""
    half = int(np.ceil(half_px)) + 4
    steps = np.arange(-half, half + 1, dtype=np.float32)
    off = rng.uniform(-0.5, 0.5, 2).astype(np.float32)
    down, cross = np.meshgrid(steps - off[0], steps - off[1], indexing="ij")
    return down, cross


def turned(down: Field, cross: Field, angle: float) -> tuple[Field, Field]:
    """Turn distances to along and across a direction; angle 0 runs down the web."""
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return down * cos + cross * sin, cross * cos - down * sin


def outline(down: Field, cross: Field, rng: Generator, roughness: float) -> Field:
    """Radius of a closed, irregular outline in each direction, around 1."""
    angle = np.arctan2(down, cross)
    radius = np.ones_like(angle)
    for wave in range(2, 9):
        amplitude = roughness * rng.standard_normal() / wave
        radius += np.float32(amplitude) * np.cos(wave * angle + np.float32(rng.uniform(0, 2 * np.pi)))
    return np.maximum(radius, np.float32(0.35))


def inside(distance: Field, radius: Field | float, softness_px: float = 1.0) -> Field:
    """1 where `distance` is below `radius`, 0 beyond, linear across `softness_px`."""
    cover = (radius - distance) / np.float32(softness_px) + np.float32(0.5)
    return np.asarray(np.clip(cover, 0, 1), np.float32)


def clouds(shape: tuple[int, int], rng: Generator, size_px: float) -> Field:
    """Smooth random field of mean 0 and standard deviation 1, with lumps of about `size_px`."""
    shrink = max(int(size_px / 3), 1)
    small = rng.standard_normal((shape[0] // shrink + 6, shape[1] // shrink + 6), dtype=np.float32)
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), max(size_px / shrink / 2, 0.4)), np.float32)
    field = cv2.resize(small, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_CUBIC)
    field = field[shrink : shrink + shape[0], shrink : shrink + shape[1]]
    field = field - field.mean()
    return np.asarray(field / max(float(field.std()), 1e-6), np.float32)


def strokes(paths: Sequence[Path], widths_px: Sequence[float]) -> Field:
    """Coverage of lines through (down, cross) points, on a canvas that just holds them."""
    lowest = np.floor(np.min([path.min(axis=0) for path in paths], axis=0)) - 8
    highest = np.ceil(np.max([path.max(axis=0) for path in paths], axis=0)) + 8
    rows, columns = (highest - lowest).astype(int)
    canvas = np.zeros((int(rows) * _FINE, int(columns) * _FINE), np.uint8)
    for path, width in zip(paths, widths_px, strict=True):
        points = ((path - lowest)[:, ::-1] * _FINE * 16).round().astype(np.int32)
        cv2.polylines(
            canvas, [points], isClosed=False, color=255, thickness=max(round(width * _FINE), 1),
            lineType=cv2.LINE_AA, shift=4,
        )  # fmt: skip
    small = cv2.resize(canvas, (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255)


def at_peak(values: Field, peak: float) -> Field:
    """Scaled so that the strongest 3x3 mean has the size of `peak`; signs stay."""
    largest = float(np.abs(cv2.blur(values, (3, 3), borderType=cv2.BORDER_CONSTANT)).max())
    return values * np.float32(abs(peak) / max(largest, 1e-9))
