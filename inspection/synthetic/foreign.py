"""Foreign objects: what nobody listed as a kind and a camera sees all the same.

For asking whether a classifier knows what it does not know: nothing here is ever trained on.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.synthetic.drawing import Field, Path, at_peak, clouds, grid, inside, outline, strokes, turned
from inspection.synthetic.ground import Ground, Shape, through_lens
from inspection.synthetic.kinds import Draw

_LETTERS = "ABCDEFGHKLMNPRSTXYZ0123456789"


def insect(rng: Generator, ground: Ground) -> Shape:
    """Draw a body of two or three dark parts with six legs, and pale wings now and then."""
    length = ground.size(rng, 18, 90)
    down, cross = turned(*grid(1.1 * length, rng), rng.uniform(0, np.pi))
    body = np.zeros_like(down)
    for part, share in enumerate((0.16, 0.2, 0.3)[: int(rng.integers(2, 4))]):
        off = np.float32(0.32 * length * (part - 1))
        body = np.maximum(body, inside(np.hypot((down - off) / 1.4, cross), share * length / 1.6, 1.5))
    middle = (np.array(down.shape) - 1) / 2
    legs = [_leg(middle, length, side, pair, rng) for side in (-1, 1) for pair in range(3)]
    thin = _on_canvas(strokes(legs, [max(0.035 * length, 1.0)] * 6), down.shape)
    wings = np.zeros_like(down)
    if rng.random() < 0.5:
        for side in (-1, 1):
            along, aside = turned(down, cross, side * 0.35)
            wings += inside(np.hypot(along / 2.4, aside - np.float32(side * 0.2 * length)), 0.16 * length, 2)
    delta = -np.maximum(body, 0.8 * thin) + wings * np.float32(rng.uniform(0.2, 0.5)) * (1 - body)
    return Shape.seen(at_peak(delta, ground.peak(rng, dark=True)), np.float32(0.8) * body, share=0.15)


def hair(rng: Generator, ground: Ground) -> Shape:
    """Draw a long even thread that curls, dark or shining."""
    length, curl = ground.size(rng, 80, 500), rng.uniform(1.5, 5)
    turns = np.cumsum(rng.normal(0, 0.12, 90) + curl * 2 * np.pi / 90 * np.sin(np.linspace(0, rng.uniform(2, 7), 90)))
    path = np.cumsum(np.stack([np.sin(turns), np.cos(turns)], axis=1) * length / 90, axis=0)
    line = strokes([path], [rng.uniform(1.3, 3.0)])
    dark = rng.random() < 0.7
    peak = ground.peak(rng, dark=dark)
    return Shape.seen(at_peak(through_lens(line), peak) * np.float32(np.sign(peak)), np.float32(0.7) * line)


def lettering(rng: Generator, ground: Ground) -> Shape:
    """Draw some printed letters or digits, as from a marker or a stamp."""
    text = "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 6))))
    height = ground.size(rng, 16, 70)
    scale, thick = height / 22, max(round(height / 12), 1)
    (width, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    canvas = np.zeros((tall + 24, width + 24), np.uint8)
    cv2.putText(canvas, text, (12, tall + 12), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
    ink = np.rot90(canvas, int(rng.integers(4))).astype(np.float32) / np.float32(255)
    peak = ground.peak(rng, dark=rng.random() < 0.6)
    return Shape.seen(at_peak(through_lens(ink), peak) * np.float32(np.sign(peak)), np.float32(0.8) * ink)


def water_drop(rng: Generator, ground: Ground) -> Shape:
    """Draw a drop: a fine dark rim, a clear inside, a crescent of light and a small sharp glint."""
    radius = ground.size(rng, 10, 70)
    down, cross = grid(1.5 * radius, rng)
    distance = np.hypot(down, cross * np.float32(rng.uniform(0.8, 1.2))) / outline(down, cross, rng, 0.05)
    rim = np.exp(-(((distance - radius) / (0.05 * radius + 0.7)) ** 2))
    lit, aside = turned(down, cross, rng.uniform(0, 2 * np.pi))
    crescent = np.exp(-(((distance - 0.78 * radius) / (0.1 * radius + 0.6)) ** 2)) * np.clip(lit / radius, 0, 1)
    glint = inside(np.hypot(lit + np.float32(0.55 * radius), aside), max(0.1 * radius, 1.2))
    wet = inside(distance, radius, 2) * np.float32(rng.uniform(-0.25, -0.05))
    delta = wet - rim + np.float32(rng.uniform(0.5, 1)) * crescent + np.float32(rng.uniform(1, 1.8)) * glint
    return Shape.seen(at_peak(delta, ground.peak(rng)), share=0.15)


def tape(rng: Generator, ground: Ground) -> Shape:
    """Draw a straight-sided piece of tape: even grey, no grain, a bright and a dark long side."""
    length, width = ground.size(rng, 50, 260), ground.size(rng, 20, 90)
    down, cross = turned(*grid(0.6 * np.hypot(length, width), rng), rng.uniform(0, np.pi))
    piece = inside(np.abs(down), length / 2) * inside(np.abs(cross), width / 2)
    sides = np.exp(-(((cross - width / 2) / 2) ** 2)) - np.exp(-(((cross + width / 2) / 2) ** 2))
    peak = ground.peak(rng, dark=rng.random() < 0.5)
    even = piece * (1 + 0.05 * clouds(piece.shape, rng, 30)) + 0.5 * sides * inside(np.abs(down), length / 2)
    return Shape.seen(at_peak(np.asarray(even, np.float32), peak) * np.float32(np.sign(peak)), np.float32(0.95) * piece)


def lens_dirt(rng: Generator, ground: Ground) -> Shape:
    """Draw dirt out of focus: an even disc or a ring with soft flanks, far larger than what caused it."""
    radius = ground.size(rng, 20, 90)
    distance = np.asarray(np.hypot(*grid(1.6 * radius, rng)), np.float32)
    disc = inside(distance, radius, 0.35 * radius)
    if rng.random() < 0.6:
        disc = disc - np.float32(rng.uniform(0.7, 1)) * inside(distance, rng.uniform(0.5, 0.75) * radius, 0.3 * radius)
    return Shape.seen(-at_peak(np.asarray(disc, np.float32), ground.peak(rng, dark=True) * rng.uniform(0.3, 1)))


FOREIGN: dict[str, Draw] = {
    "insect": insect,
    "hair": hair,
    "lettering": lettering,
    "water drop": water_drop,
    "tape": tape,
    "lens dirt": lens_dirt,
}
"""Every foreign object, by name."""


def _leg(middle: NDArray[np.float64], length: float, side: int, pair: int, rng: Generator) -> Path:
    """From the body out to a knee and down to a foot."""
    outward = float(pair - 1)
    begin = middle + length * np.array([0.22 * outward, 0.08 * side])
    knee = begin + length * np.array([0.12 * outward + rng.normal(0, 0.04), 0.28 * side])
    foot = knee + length * np.array([0.2 * (outward + rng.normal(0, 0.3)), 0.18 * side])
    return np.stack([begin, knee, foot])


def _on_canvas(drawn: Field, shape: tuple[int, ...]) -> Field:
    """Lay a drawing in the middle of a canvas, cut where it is larger."""
    canvas = np.zeros(shape, np.float32)
    rows, columns = min(drawn.shape[0], shape[0]), min(drawn.shape[1], shape[1])
    top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
    cut = (drawn.shape[0] - rows) // 2, (drawn.shape[1] - columns) // 2
    canvas[top : top + rows, left : left + columns] = drawn[cut[0] : cut[0] + rows, cut[1] : cut[1] + columns]
    return canvas
