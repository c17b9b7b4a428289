"""Which pieces belong together, against a plain graph of all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, seeds
from scipy.sparse.csgraph import connected_components

from inspection.kernels.gathering import gather

LIMITS = (4.0, 0.35, 1.5, 20.0)


def turn(one, other):
    """Angle between two directions without sense, by their doubled angles' cosine."""
    return np.degrees(np.arccos(np.clip(np.cos(np.radians(2 * (one - other))), -1, 1))) / 2


def belong(boxes, axes, a, b, limits):
    touching, reach, in_line_reach, degrees = limits
    (top, left, bottom, right), (other_top, other_left, other_bottom, other_right) = boxes[a], boxes[b]
    gap = max(top - other_bottom, other_top - bottom, left - other_right, other_left - right, 0)
    shorter = min(axes[a, 0], axes[b, 0])
    lines = [n for n in (a, b) if axes[n, 0] >= 3 * axes[n, 1] and turn(axes[n, 2], 90) <= 6]
    if any(axes[n, 0] >= 100 for n in lines) and (len(lines) == 2 or (top <= other_bottom and other_top <= bottom)):
        across = max(left - other_right, other_left - right)
        if across > touching and across > reach * max(axes[n, 1] for n in lines):
            return False
    if gap <= touching or gap <= reach * shorter:
        return True
    step = (boxes[a, :2] + boxes[a, 2:] - boxes[b, :2] - boxes[b, 2:]) / 2
    between = np.degrees(np.arctan2(*step))
    thin = all(axes[n, 0] >= 3 * axes[n, 1] for n in (a, b))
    aligned = turn(axes[a, 2], axes[b, 2]) <= degrees
    pointing = min(turn(between, axes[a, 2]), turn(between, axes[b, 2])) <= degrees
    return bool(thin and gap <= in_line_reach * shorter and aligned and pointing)


@quickly
@given(seeds, st.integers(1, 25))
def test_things_are_the_connected_pieces_of_the_graph(seed, pieces) -> None:
    rng = np.random.default_rng(seed)
    place, size = rng.integers(0, 200, (pieces, 2)), rng.integers(1, 30, (pieces, 2))
    boxes = np.hstack([place, place + size]).astype(float)
    longer = rng.uniform(5, rng.choice([60, 200]), pieces)
    degrees = rng.uniform(0, 180, pieces) if rng.random() < 0.5 else rng.uniform(80, 100, pieces)
    axes = np.stack([longer, longer * rng.uniform(0.05, 1, pieces), degrees], axis=1)
    graph = [[belong(boxes, axes, a, b, LIMITS) for b in range(pieces)] for a in range(pieces)]
    things, labels = connected_components(np.array(graph), directed=False)
    found = gather(boxes, axes, LIMITS)
    assert len(set(zip(labels.tolist(), found.tolist(), strict=True))) == things == found.max() + 1
    assert [found.tolist().index(thing) for thing in range(things)] == sorted(
        found.tolist().index(thing) for thing in range(things)
    )


def piece(top, left, height, width, axes):
    return [top, left, top + height, left + width], axes


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (piece(70, 0, 40, 2, (40, 2, 90)), True),
        (piece(101, 0, 40, 2, (40, 2, 90)), False),
        (piece(70, 40, 40, 2, (40, 2, 90)), False),
        (piece(70, 0, 2, 40, (40, 2, 0)), False),
        (piece(70, 0, 40, 20, (40, 20, 90)), False),
    ],
    ids=["in line", "too far", "beside", "across", "not thin"],
)
def test_thin_pieces_belong_together_only_in_one_line(second, together) -> None:
    first = piece(0, 0, 40, 2, (40, 2, 90))
    boxes, axes = (np.array(told, float) for told in zip(first, second, strict=True))
    assert (gather(boxes, axes, LIMITS).tolist() == [0, 0]) is together


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (piece(0, 11, 1024, 8, (1182, 9, 90)), True),
        (piece(0, 28, 1024, 8, (1182, 9, 90)), False),
        (piece(0, 208, 1024, 8, (1182, 9, 90)), False),
        (piece(1030, 60, 400, 8, (462, 9, 90)), False),
        (piece(1030, 2, 400, 8, (462, 9, 90)), True),
        (piece(200, 60, 90, 8, (100, 9, 92)), False),
        (piece(300, 60, 200, 150, (230, 170, 60)), False),
    ],
    ids=["flank", "beside", "far", "beside further on", "goes on", "fragment", "stain"],
)
def test_what_lies_beside_a_line_along_the_web_belongs_to_it_only_when_near_for_its_width(second, together) -> None:
    boxes, axes = (np.array(told, float) for told in zip(piece(0, 0, 1024, 8, (1182, 9, 90)), second, strict=True))
    assert (gather(boxes, axes, LIMITS).tolist() == [0, 0]) is together
