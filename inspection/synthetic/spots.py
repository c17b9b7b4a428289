"""Spots: small defects with one centre."""

import cv2
import numpy as np
from numpy.random import Generator

from inspection.synthetic.drawing import Field, at_peak, clouds, grid, inside, outline, turned
from inspection.synthetic.ground import Ground, Shape, through_lens


def pinhole(rng: Generator, ground: Ground) -> Shape:
    """Draw a bright dot where foil shows; a burst bubble leaves a dark crater rim."""
    radius = ground.size(rng, 1.5, 8)
    down, cross = turned(*grid(2.2 * radius, rng), rng.uniform(0, np.pi))
    distance = np.hypot(down, cross * np.float32(rng.uniform(1, 1.2)))
    hole = inside(distance, radius * outline(down, cross, rng, 0.06))
    peak = ground.peak(rng)
    delta = at_peak(through_lens(hole), peak)
    if rng.random() < 0.4:
        rim = np.exp(-(((distance - 1.35 * radius) / (0.22 * radius + 0.5)) ** 2)) * (1 - hole)
        delta -= rim * np.float32(min(rng.uniform(0.3, 0.6) * peak, 0.5 * ground.surface.level))
    return Shape.seen(delta, hole)


def blister(rng: Generator, ground: Ground) -> Shape:
    """Draw a closed dome: a dark ring where it rises, a bright cap where it mirrors the lamp."""
    radius = ground.size(rng, 9, 45)
    down, cross = grid(1.6 * radius, rng)
    distance = np.hypot(down, cross * np.float32(rng.uniform(0.85, 1.18))) / outline(down, cross, rng, 0.05)
    away = _lamp_side(down, cross, rng) / np.maximum(distance, 1)
    ring = np.exp(-(((distance - radius) / (0.13 * radius + 0.8)) ** 2)) * (1 + 0.35 * away)
    off = np.float32(rng.uniform(0.08, 0.2) * radius)
    cap = np.exp(-(((down + off) ** 2 + (cross + off / 2) ** 2) / (rng.uniform(0.3, 0.42) * radius) ** 2))
    strength = np.float32(rng.uniform(0.7, 1.4))
    shell = inside(distance, radius, 3) * np.float32(0.12)
    return Shape.seen(at_peak(strength * cap + shell - ring, ground.peak(rng, dark=True)), share=0.15)


def agglomerate(rng: Generator, ground: Ground) -> Shape:
    """Draw a rough dark bump, lit on one side and shaded on the other; it may drag a tail along the web."""
    radius = ground.size(rng, 3, 26)
    tail = rng.uniform(3, 9) * radius if rng.random() < 0.35 else 0.0
    down, cross = grid(min(1.7 * radius + tail, 0.45 * ground.room_px[0] + 8), rng)
    column_half = int(2.2 * radius) + 6
    middle = down.shape[1] // 2
    sides = slice(max(middle - column_half, 0), middle + column_half + 1)
    down, cross = down[:, sides], cross[:, sides]
    bump = inside(np.hypot(down, cross), radius * outline(down, cross, rng, 0.28), 0.25 * radius + 1)
    texture = 1 + 0.35 * clouds(bump.shape, rng, max(radius / 3, 1.5))
    relief = _shading(bump * (1 + 0.3 * clouds(bump.shape, rng, max(radius / 2, 2))), radius, rng)
    delta = -bump * texture + relief * np.float32(rng.uniform(0.9, 1.7))
    if tail:
        delta += _tail(down, cross, radius, tail, rng)
    return Shape.seen(at_peak(delta, ground.peak(rng, dark=True)), np.float32(0.5) * bump, share=0.18)


def metallic_particle(rng: Generator, ground: Ground) -> Shape:
    """Draw a ragged glint, brighter than foil, that throws a shadow."""
    radius = ground.size(rng, 2.3, 7)
    down, cross = turned(*grid(3.2 * radius, rng), rng.uniform(0, np.pi))
    cross = cross * np.float32(rng.uniform(1, 1.9))
    jags = outline(down, cross, rng, 0.5) + 0.25 * np.sign(np.sin(5 * np.arctan2(down, cross)))
    body = inside(np.hypot(down, cross), radius * np.maximum(jags, 0.5), 0.8)
    facets = 1 + 0.3 * np.clip(clouds(body.shape, rng, 2.5), -1.5, 1.5)
    side = rng.choice([-1, 1]) * (0.7 * radius + 1.2)
    shadow = np.asarray(cv2.warpAffine(body, np.array([[1, 0, side / 3], [0, 1, side]]), body.shape[::-1]), np.float32)
    bright = at_peak(through_lens(body * facets), ground.step * rng.uniform(1.15, 1.6))
    shade = through_lens(np.maximum(shadow - body, 0)) * np.float32(rng.uniform(0.45, 0.75) * ground.surface.level)
    return Shape.seen(bright - shade, body, share=0.15)


def _lamp_side(down: Field, cross: Field, rng: Generator) -> Field:
    """Distances away from the lamp, which stands before or behind the line of sight."""
    lit, _ = turned(down, cross, rng.normal(0, 0.25))
    return lit


def _shading(height: Field, radius: float, rng: Generator) -> Field:
    """Brightness of a relief under slanting light: its slope towards the lamp, at most 1."""
    smooth = cv2.GaussianBlur(height, (0, 0), max(radius / 5, 0.8))
    down, cross = (np.asarray(part, np.float32) for part in np.gradient(smooth))
    slope, _ = turned(down, cross, rng.normal(0, 0.25))
    return slope / max(float(np.abs(slope).max()), 1e-6)


def _tail(down: Field, cross: Field, radius: float, length: float, rng: Generator) -> Field:
    """Draw a fading trace that the bump scraped, thinner towards its end."""
    along = down * np.float32(rng.choice([-1, 1]))
    left = np.clip(1 - along / np.float32(length), 0, 1) * (along > 0)
    width = np.float32(0.45 * radius) * (0.4 + 0.6 * left)
    strength = np.float32(rng.choice([-0.8, 0.8]))
    return np.asarray(strength * left * np.exp(-((cross / width) ** 2)), np.float32)
