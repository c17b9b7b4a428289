"""Areas: wide defects with an outline of their own."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.synthetic.drawing import Field, at_peak, clouds, grid, inside, outline, turned
from inspection.synthetic.ground import Ground, Shape


def bare_spot(rng: Generator, ground: Ground) -> Shape:
    """Coating is missing: foil grey and foil texture inside a sharp outline, sometimes a thick dark lip."""
    stripe = rng.random() < 0.3
    size = ground.size(rng, 24, 60 if stripe else 170)
    aspect = rng.uniform(2.5, 6) if stripe else rng.uniform(0.7, 1.6)
    down, cross = grid(min(0.95 * size * max(aspect, 1), 0.48 * ground.room_px[0]), rng)
    sides = _sides(cross, 0.95 * size)
    down, cross = down[:, sides], cross[:, sides]
    distance = np.hypot(down / np.float32(aspect), cross)
    radius = np.float32(size / 2) * outline(down, cross, rng, 0.25) * (1 + 0.06 * clouds(down.shape, rng, 6))
    hole = inside(distance, np.maximum(radius, np.float32(10)), 1.2)
    delta = hole * (np.float32(ground.step * rng.uniform(0.94, 1.03)) + _foil(hole, ground, rng))
    if rng.random() < 0.4:
        lip = np.exp(-(((distance - radius - 3) / 3) ** 2)) * (1 - hole)
        delta -= lip * np.float32(rng.uniform(0.1, 0.3) * ground.surface.level)
    return _torn(delta, hole)


def delamination(rng: Generator, ground: Ground) -> Shape:
    """Coating has come off in islands with torn rims; flakes of it lie about."""
    size = ground.size(rng, 70, 260)
    down, cross = grid(min(0.75 * size, 0.48 * ground.room_px[0]), rng)
    lumps = clouds(down.shape, rng, size / 5) + 0.45 * clouds(down.shape, rng, 7) + 0.2 * clouds(down.shape, rng, 3)
    fall_off = np.hypot(down, cross) / np.float32(size / 2)
    sparser_outside = np.asarray(0.9 - 1.7 * fall_off**2, np.float32)
    islands = inside(-lumps, sparser_outside, 0.12)
    islands = np.maximum(islands, inside(np.hypot(down, cross), 0.18 * size * outline(down, cross, rng, 0.4)))
    flakes = islands * (_shards(down.shape, rng, size) > 0)
    hole = islands * (1 - flakes)
    delta = hole * (np.float32(ground.step) + _foil(hole, ground, rng))
    shaded = np.clip(np.roll(islands, 3, axis=0) - islands, 0, 1)
    delta -= shaded * np.float32(0.35 * ground.surface.level)
    delta -= flakes * np.float32(rng.uniform(-0.1, 0.25) * ground.surface.level)
    return _torn(delta, hole)


def stain(rng: Generator, ground: Ground) -> Shape:
    """Draw a wide faint blotch, dark or light; a dried splash is stronger towards its rim."""
    size = ground.size(rng, 45, 200)
    down, cross = turned(*grid(0.95 * size, rng), rng.uniform(0, np.pi))
    radius = size / 2 * outline(down, cross, rng, 0.3)
    distance = np.hypot(down * np.float32(rng.uniform(0.75, 1)), cross)
    blotch = inside(distance, radius, rng.uniform(0.25, 0.6) * size)
    if rng.random() < 0.35:
        blotch = blotch * np.float32(0.55) + np.exp(-(((distance - 0.85 * radius) / (0.09 * size)) ** 2))
    blotch = blotch * np.clip(1 + 0.18 * clouds(blotch.shape, rng, size / 4), 0.4, 1.6)
    peak = rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(3.5), np.log(12))) * ground.mean3_sigma
    return Shape.seen(at_peak(blotch, peak) * np.float32(np.sign(peak)))


def foil_contamination(rng: Generator, ground: Ground) -> Shape:
    """Draw a dark splash on bare foil: a ragged drop with smaller ones around it."""
    size = ground.size(rng, 6, 70)
    down, cross = grid(0.95 * size, rng)
    drop = inside(np.hypot(down, cross), size / 2 * outline(down, cross, rng, 0.35), 1.4)
    for _ in range(int(rng.integers(0, 7)) if size > 14 else 0):
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 0.85) * size
        there = np.hypot(down - np.float32(far * np.sin(angle)), cross - np.float32(far * np.cos(angle)))
        drop = np.maximum(drop, inside(there, rng.uniform(0.03, 0.12) * size + 0.8))
    depth = ground.surface.level * rng.uniform(0.25, 0.7)
    patchy = np.clip(1 + 0.2 * clouds(drop.shape, rng, max(size / 5, 2)), 0.5, 1.4)
    return Shape.seen(-drop * patchy * np.float32(depth), drop * np.float32(0.7))


def splice(rng: Generator, ground: Ground) -> Shape:
    """Draw a band of tape across the whole web, a little askew, with a glossy and a shaded rim."""
    rows, columns = ground.room_px
    height = float(min(rng.uniform(160, 420), 0.7 * rows))
    askew = rng.uniform(-0.006, 0.006) * np.arange(columns, dtype=np.float32)
    askew -= askew.min()
    below = np.arange(int(height + askew.max()) + 16, dtype=np.float32)[:, None] - 8 - askew
    band = inside(-below, 0.0) * inside(below, height)
    level = rng.uniform(0.08, 0.14) if rng.random() < 0.5 else rng.uniform(0.82, 0.92)
    rims = np.exp(-(((below - 3) / 3) ** 2)) - np.exp(-(((below - height + 3) / 3) ** 2))
    creases = np.float32(0.02) * clouds((band.shape[0], band.shape[1]), rng, 60)
    delta = band * (np.float32(level - ground.surface.level) + creases + np.float32(0.08) * rims)
    return Shape(delta.astype(np.float32), band > 0.5, band)


def _sides(cross: Field, reach_px: float) -> slice:
    """Columns of a grid that lie within `reach_px` of its centre."""
    columns = np.flatnonzero(np.abs(cross[0]) <= reach_px)
    return slice(int(columns[0]), int(columns[-1]) + 1)


def _foil(hole: Field, ground: Ground, rng: Generator) -> Field:
    return ground.foil.deviations(hole.shape[0], hole.shape[1], rng)


def _shards(shape: tuple[int, ...], rng: Generator, size: float) -> Field:
    """Straight-sided flakes: 1 inside, 0 between."""
    canvas = np.zeros(shape, np.uint8)
    for _ in range(int(rng.integers(2, 7))):
        middle = np.array(shape[::-1]) / 2 + rng.uniform(-0.3, 0.3, 2) * size
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 6))))
        radii = rng.uniform(0.04, 0.1) * size * rng.uniform(0.6, 1.3, len(angles))
        corners: NDArray[np.float64] = middle + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
        cv2.fillPoly(canvas, [corners.round().astype(np.int32)], 1)
    return canvas.astype(np.float32)


def _torn(delta: Field, hole: Field) -> Shape:
    return Shape.seen(delta.astype(np.float32), hole)
