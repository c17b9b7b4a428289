"""Descriptions of small pictures, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, random_lanes, seeds

from inspection.kernels.describing import FEWEST_SHARE, describe_pictures, mark_material

CELLS = 64


def blocks(values, weights, side):
    """Means of blocks by weight, and how much of each counts."""
    parts = [(values * weights).reshape(CELLS // side, side, -1, side), weights.reshape(CELLS // side, side, -1, side)]
    summed, counted = (part.sum(axis=(1, 3)) for part in parts)
    return summed / np.maximum(counted, 1e-9), counted / side**2


def spread(values, weights):
    return np.sqrt(np.average((values - np.average(values, weights=weights)) ** 2, weights=weights))


def line_spread(values, weights, axis):
    counted = weights.sum(axis=axis)
    return spread((values * weights).sum(axis=axis)[counted > 0] / counted[counted > 0], counted[counted > 0])


def step(values, weights, axis):
    before, after = (np.take(weights, range(begin, len(weights) + begin - 1), axis) for begin in (0, 1))
    pairs = before * after
    return np.sqrt((pairs * np.diff(values, axis=axis) ** 2).sum() / max(pairs.sum(), 1e-3))


def extremes(values, weights):
    return max((values * weights).max(), 0), min((values * weights).min(), 0)


def told(picture, weights):
    scales = {side: blocks(picture.astype(float), weights.astype(float), side) for side in (1, 2, 4, 8, 16)}
    spreads = [spread(*scales[side]) for side in scales] + [line_spread(*scales[2], axis) for axis in (0, 1)]
    fine, coarse = ((step(*scales[side], 0), step(*scales[side], 1)) for side in (1, 4))
    logs = [np.log(np.maximum(values, 1e-3)) for values in (spreads, fine, coarse)]
    return [
        np.average(picture, weights=weights), *logs[0],
        *logs[1], *extremes(*scales[1]), *logs[2], *extremes(*scales[4]),
    ]  # fmt: skip


@quickly
@given(seeds, st.integers(1, 4), st.floats(0.05, 1), st.integers(0, 64 - 20), st.integers(0, 2))
def test_pictures_are_told_by_their_blocks(seed, count, scale, masked, channel) -> None:
    rng = np.random.default_rng(seed)
    pictures = np.tanh(rng.normal(rng.uniform(-0.5, 0.5), scale, (count, 3, CELLS, CELLS))).astype(np.float32)
    weights = np.ones((count, CELLS, CELLS), np.float32)
    weights[:, :, :masked] = rng.random((CELLS, masked)) < 0.1
    described = np.empty((count, 16))
    describe_pictures(pictures, channel, weights, described)
    expected = [told(picture[channel], weight) for picture, weight in zip(pictures, weights, strict=True)]
    np.testing.assert_allclose(described, expected, atol=0.02)


def test_an_even_picture_is_told_in_finite_numbers() -> None:
    described = np.empty((1, 16))
    describe_pictures(
        np.full((1, 1, CELLS, CELLS), 0.25, np.float32), 0, np.ones((1, CELLS, CELLS), np.float32), described
    )
    assert np.isfinite(described).all()
    np.testing.assert_allclose(described[0, [0, 10, 14]], [0.25] * 3)


@quickly
@given(st.integers(0, CELLS))
def test_a_picture_of_which_too_little_counts_is_not_told(columns) -> None:
    weights, described = np.zeros((1, CELLS, CELLS), np.float32), np.empty((1, 16))
    weights[:, :, :columns] = 1
    describe_pictures(np.ones((1, 1, CELLS, CELLS), np.float32), 0, weights, described)
    assert np.isnan(described).all() == (columns < FEWEST_SHARE * CELLS)
    assert np.isfinite(described).all() == (columns >= FEWEST_SHARE * CELLS)


@quickly
@given(seeds, st.integers(1, 3), st.booleans(), st.integers(3, 90), st.integers(3, 90))
def test_cells_count_where_they_show_the_expected_material(seed, lanes, on_foil, rows, columns) -> None:
    rng = np.random.default_rng(seed)
    limits, states = random_lanes(rng, -(-rows // 8), columns, lanes)
    height, width = min(rows, CELLS), min(columns, CELLS)
    top, left = int(rng.integers(0, rows - height + 1)), int(rng.integers(0, columns - width + 1))
    weights = np.full((1, CELLS, CELLS), np.nan, np.float32)
    mark_material(np.array([[top, left, height, width]]), np.array([on_foil]), limits, states, weights)
    shown = wanted(limits, states, columns, on_foil)
    middles = [(2 * np.arange(CELLS) + 1) * side // (2 * CELLS) for side in (height, width)]
    np.testing.assert_array_equal(weights[0], shown[(top + middles[0]) // 8][:, left + middles[1]])


def wanted(limits, states, columns, on_foil):
    """Where each band shows the material; bare lanes are foil."""
    shown = np.full((len(limits), columns), on_foil)
    for band, (lanes, state) in enumerate(zip(limits, states, strict=True)):
        for (outer_left, left, right, outer_right), what in zip(lanes, state, strict=True):
            if on_foil and what != 1:
                shown[band, outer_left:outer_right] = False
            if not on_foil and what == 0:
                shown[band, left:right] = True
    return shown
