"""Strange shapes: what looks like no kind, to teach a classifier that there is more than it knows.

Plain patterns and mixtures without a cause: training on them teaches where the kinds end (outlier
exposure, Hendrycks et al., ICLR 2019). Objects that people know, in `foreign`, are kept for asking.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator

from inspection.synthetic.drawing import Field, Path, at_peak, clouds, grid, inside, outline, strokes, turned
from inspection.synthetic.ground import Ground, Shape, through_lens
from inspection.synthetic.kinds import DRAWN, PLACES, Draw, Place

_MIXED = tuple(draw for kind, draw in DRAWN.items() if PLACES.get(kind, Place.COATING) is Place.COATING)


def grating(rng: Generator, ground: Ground) -> Shape:
    """Stripes or a lattice inside an outline."""
    down, cross, window = _window(rng, ground, 14, 160)
    pitch = rng.uniform(3, 18)
    waves = np.sin(2 * np.pi * turned(down, cross, rng.uniform(0, np.pi))[0] / np.float32(pitch))
    if rng.random() < 0.4:
        waves = waves * np.sin(2 * np.pi * turned(down, cross, rng.uniform(0, np.pi))[0] / np.float32(pitch))
    return _signed(window * (waves + np.float32(rng.uniform(-0.6, 0.6))), rng, ground)


def polygon(rng: Generator, ground: Ground) -> Shape:
    """A shape with straight sides: filled, or its outline alone."""
    size = ground.size(rng, 10, 160)
    count = int(rng.integers(3, 8))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    radii = size / 2 * rng.uniform(0.4, 1, count)
    corners = np.stack([np.sin(angles), np.cos(angles)], axis=1) * radii[:, None]
    if rng.random() < 0.5:
        line = strokes([np.concatenate([corners, corners[:1]])], [rng.uniform(1.3, max(size / 12, 2.5))])
        return _signed(through_lens(line), rng, ground, line)
    half = int(size / 2) + 6
    canvas = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
    cv2.fillPoly(canvas, [(corners[:, ::-1] + half).round().astype(np.int32)], 255, cv2.LINE_AA)
    filled = canvas.astype(np.float32) / np.float32(255)
    return _signed(filled, rng, ground, filled)


def rings(rng: Generator, ground: Ground) -> Shape:
    """Rings around one centre, bright and dark in turn."""
    radius = ground.size(rng, 8, 80)
    down, cross = grid(1.2 * radius, rng)
    distance = np.hypot(down, cross * np.float32(rng.uniform(0.6, 1.6))) / outline(down, cross, rng, 0.06)
    turns = rng.uniform(0.8, 4)
    waves = np.cos(2 * np.pi * turns * distance / np.float32(radius) + np.float32(rng.uniform(0, 2 * np.pi)))
    return _signed(waves * inside(distance, radius, rng.uniform(1, 0.3 * radius + 1)), rng, ground)


def scribble(rng: Generator, ground: Ground) -> Shape:
    """Bent lines that cross each other at will: loops, zigzags, bundles."""
    size, paths = ground.size(rng, 20, 240), list[Path]()
    for _ in range(int(rng.integers(1, 5))):
        steps = int(rng.integers(3, 30))
        turns = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(rng.uniform(-0.5, 0.5), rng.uniform(0.1, 1.6), steps))
        path = np.cumsum(np.stack([np.sin(turns), np.cos(turns)], axis=1), axis=0) * size / steps
        paths.append(path + rng.uniform(-0.3, 0.3, 2) * size)
    line = strokes(paths, list(rng.uniform(1.2, 4.5, len(paths))))
    return _signed(through_lens(line), rng, ground, line)


def texture(rng: Generator, ground: Ground) -> Shape:
    """A patch whose grain is not the coating's: lumps of another size, or none at all."""
    down, _, window = _window(rng, ground, 20, 200)
    lumps = clouds((down.shape[0], down.shape[1]), rng, rng.uniform(1.5, 14))
    if rng.random() < 0.3:
        lumps = np.sign(lumps)
    return _signed(window * (lumps + np.float32(rng.uniform(-1, 1))), rng, ground, window * np.float32(rng.random()))


def ramp(rng: Generator, ground: Ground) -> Shape:
    """A patch that grows brighter to one side and ends sharply there."""
    down, cross, window = _window(rng, ground, 12, 160)
    slope = turned(down, cross, rng.uniform(0, 2 * np.pi))[0]
    return _signed(
        window * (slope / max(float(np.abs(slope).max()), 1) + np.float32(rng.uniform(-0.2, 1))), rng, ground
    )


def mixture(rng: Generator, ground: Ground) -> Shape:
    """Two kinds in one place, the second one upside down."""
    one, other = (_MIXED[int(rng.integers(len(_MIXED)))](rng, ground).delta for _ in range(2))
    half = max(one.shape[0], other.shape[0]), max(one.shape[1], other.shape[1])
    both = _centred(one, half) - np.float32(rng.uniform(0.4, 1)) * _centred(other, half)
    return Shape.seen(at_peak(both, ground.peak(rng)))


_ALL: Sequence[Draw] = (grating, polygon, rings, scribble, texture, ramp, mixture)


def strange(rng: Generator, ground: Ground) -> Shape:
    """Draw any of them."""
    return _ALL[int(rng.integers(len(_ALL)))](rng, ground)


def _window(rng: Generator, ground: Ground, smallest: float, largest: float) -> tuple[Field, Field, Field]:
    """Distances from a centre, and a window of any outline and softness around it."""
    size = ground.size(rng, smallest, largest)
    down, cross = turned(*grid(0.75 * size, rng), rng.uniform(0, np.pi))
    away = np.hypot(down, cross) if rng.random() < 0.5 else np.maximum(np.abs(down), np.abs(cross) * np.float32(1.4))
    radius = size / 2 * outline(down, cross, rng, rng.uniform(0, 0.3))
    return down, cross, inside(away, radius, rng.uniform(1, 0.4 * size))


def _signed(values: Field, rng: Generator, ground: Ground, cover: Field | None = None) -> Shape:
    """As strong as a defect, bright or dark; it may hide the surface's own texture."""
    peak = ground.peak(rng, dark=rng.random() < 0.5)
    hides = None if cover is None or rng.random() < 0.5 else np.clip(cover, 0, 1) * np.float32(rng.random())
    return Shape.seen(at_peak(values, peak) * np.float32(np.sign(peak)), hides, share=0.15)


def _centred(values: Field, shape: tuple[int, int]) -> Field:
    """Lay a drawing in the middle of a canvas that holds it."""
    above, left = (shape[0] - values.shape[0]) // 2, (shape[1] - values.shape[1]) // 2
    below, right = shape[0] - values.shape[0] - above, shape[1] - values.shape[1] - left
    return np.pad(values, ((above, below), (left, right)))
