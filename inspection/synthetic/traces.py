"""Traces: long thin defects."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.synthetic.drawing import Path, at_peak, clouds, strokes, turned
from inspection.synthetic.ground import Ground, Shape, through_lens


def streak(rng: Generator, ground: Ground, rows: int, *, fades: bool = True) -> Shape:
    """Draw a line along the web, from particle or lip: even, double, or waxing and waning."""
    width = float(np.exp(rng.uniform(np.log(2.5), np.log(30))))
    half = int(1.5 * width) + 6
    cross = np.arange(-half, half + 1) + rng.uniform(-0.5, 0.5)
    profile = np.exp(-(np.abs(cross / (width / 2)) ** rng.choice([2.0, 4.0, 8.0])))
    if rng.random() < 0.3:
        # A particle that parts the slurry piles it up beside the furrow.
        profile -= rng.uniform(0.2, 0.5) * np.exp(-((np.abs(cross) - 0.95 * width) ** 2) / (0.3 * width + 0.6) ** 2)
    along = 1 + rng.uniform(0, 0.15) * clouds((rows, 8), rng, 150)[:, 4]
    if fades:
        from_end = np.minimum(np.arange(rows), np.arange(rows)[::-1])
        along *= np.clip((from_end + 0.5) / min(40, rows / 6), 0, 1)
    return streak_of(along, profile, ground.peak(rng, dark=rng.random() < 0.5) * rng.uniform(0.35, 1))


def streak_of(along: NDArray[np.floating], profile: NDArray[np.floating], peak: float) -> Shape:
    """Build a streak from its strength along the web and its profile across."""
    pattern = np.outer(along, profile).astype(np.float32)
    return Shape.seen(at_peak(pattern, peak) * np.float32(np.sign(peak)))


def scratch(rng: Generator, ground: Ground) -> Shape:
    """Draw a thin bright line, straight or bowed, at any angle; a burr may darken one side."""
    length = ground.size(rng, 70, 600)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length
    reach *= min(1, *(0.9 * room / max(abs(part), 1) for room, part in zip(ground.room_px, reach, strict=True)))
    path = _bowed(reach, rng.normal(0, 0.06) * (rng.random() < 0.5))
    line = strokes([path], [rng.uniform(1.2, 3.2)])
    worn = np.clip(1 + 0.45 * clouds(line.shape, rng, 25), 0.15, 1.5)
    delta = at_peak(through_lens(line * worn), ground.peak(rng))
    if rng.random() < 0.4:
        side = rng.choice([-1, 1], 2) * 2
        delta -= np.float32(0.3) * np.clip(np.roll(delta, side, axis=(0, 1)) - delta, 0, None)
    return Shape.seen(delta, np.float32(0.7) * line)


def crack(rng: Generator, ground: Ground) -> Shape:
    """Draw a dark network: crooked branches that leave each other at wide angles."""
    length = ground.size(rng, 60, 320)
    paths, widths = [_crooked(np.zeros(2), rng.uniform(0, 2 * np.pi), length, rng)], [rng.uniform(1.4, 2.8)]
    for _ in range(int(rng.integers(3, 8))):
        mother = int(rng.integers(len(paths)))
        start = paths[mother][int(rng.integers(1, len(paths[mother])))]
        heading = np.arctan2(*(paths[mother][-1] - paths[mother][0])[::-1])
        side = rng.choice([-1, 1]) * rng.uniform(0.7, 1.6)
        paths.append(_crooked(start, heading + side, length * rng.uniform(0.2, 0.5), rng))
        widths.append(max(widths[mother] * rng.uniform(0.6, 0.95), 1.0))
    lines = strokes(paths, widths)
    open_share = np.clip(1 + 0.3 * clouds(lines.shape, rng, 20), 0.3, 1.4)
    return Shape.seen(-at_peak(through_lens(lines * open_share), ground.peak(rng, dark=True)), np.float32(0.6) * lines)


def wrinkle(rng: Generator, ground: Ground) -> Shape:
    """Draw a fold at a slant: a bright band beside a dark one, fading towards its ends."""
    length, width = ground.size(rng, 130, 500), ground.size(rng, 14, 40)
    angle = rng.choice([-1, 1]) * rng.uniform(0.35, 1.1)
    reach = 0.85 * length
    rows = int(min(reach * np.cos(angle) + 2 * width, ground.room_px[0] / 2 - 2))
    columns = int(min(reach * abs(np.sin(angle)) + 3 * width, ground.room_px[1] / 2 - 2))
    down, cross = np.mgrid[-rows : rows + 1, -columns : columns + 1].astype(np.float32)
    along, aside = turned(down, cross, angle)
    along /= np.float32(0.45 * length)
    aside += np.float32(rng.normal(0, 0.05) * length) * along**2
    aside += np.float32(0.08 * width) * clouds((2 * rows + 1, 2 * columns + 1), rng, 120)
    aside /= np.float32(width)
    # Folds end bluntly on one side and run out on the other.
    fade = along**2
    fade = np.where(along > 0, fade * fade, fade)
    delta = aside * np.exp(-(aside**2) - fade)
    peak = min(abs(ground.peak(rng, dark=True)), 0.6 * ground.step) * rng.uniform(0.5, 1)
    return Shape.seen(at_peak(delta, peak) * np.float32(rng.choice([-1, 1])))


def _bowed(reach: NDArray[np.float64], bow: float) -> Path:
    """From the origin along `reach`, bowed aside by a share of its length."""
    t = np.linspace(0, 1, 40)[:, None]
    aside = np.array([-reach[1], reach[0]])
    return np.asarray(t * reach + 4 * t * (1 - t) * bow * aside)


def _crooked(start: NDArray[np.float64], heading: float, length: float, rng: Generator) -> Path:
    """Walk at random, but keep the direction roughly, with sharp kinks."""
    step = 5.0
    turns = rng.standard_normal(max(int(length / step), 3)) * 0.38
    course = heading + 0.75 * np.cumsum(turns) / np.sqrt(np.arange(1, len(turns) + 1)) + 0.5 * turns
    walk = np.cumsum(step * np.stack([np.cos(course), np.sin(course)], axis=1), axis=0)
    return np.concatenate([start[None], start + walk])
