"""Means over boxes, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, seeds

from inspection.kernels.averaging import level_bands, soft_box_means, weigh_tiles

few = st.integers(1, 40)


def random_marks(rng, shape, share=0.7):
    return (rng.random(shape) < share).astype(np.float32)


@quickly
@given(seeds, few, few)
def test_tiles_are_weighed_one_by_one(seed, bands, tiles) -> None:
    rng = np.random.default_rng(seed)
    sums = rng.integers(-10_000, 10_000, (bands, tiles), np.int32)
    scale = (random_marks(rng, sums.shape) * rng.uniform(0, 2e-4)).astype(np.float32)
    over = np.full(sums.shape, np.nan, np.float32)
    loud = weigh_tiles(sums, scale, over)
    np.testing.assert_allclose(over, sums * scale, rtol=1e-6)
    assert loud == (np.abs(over) > 1).any()


def boxes(values, side, before):
    reach = (before, side - before - 1)
    padded = np.pad(values.astype(float), (reach, reach))
    return np.lib.stride_tricks.sliding_window_view(padded, (side, side)).sum(axis=(2, 3))


def soft_boxes(values, side):
    return boxes(boxes(values, side, side // 2), side, side - 1 - side // 2)


@quickly
@given(seeds, few, few, st.integers(1, 9), st.floats(0.05, 2), st.booleans())
def test_soft_boxes_hold_the_mean_of_their_judged_tiles(seed, bands, columns, side, limit, alike) -> None:
    rng = np.random.default_rng(seed)
    judged = random_marks(rng, (bands, columns), rng.uniform(0.2, 1))
    judged[:] = judged[0] if alike else judged
    tiles = rng.normal(size=judged.shape).astype(np.float32) * judged
    over = np.full(tiles.shape, np.nan, np.float32)
    loud = soft_box_means(tiles, judged, side, limit, over)
    sums, shares = soft_boxes(tiles, side), soft_boxes(judged, side)
    told = np.where(2 * shares >= side**4, sums / np.sqrt(np.maximum(shares, 1) * side**4) / limit, 0)
    np.testing.assert_allclose(over, told, atol=1e-3 / limit)
    assert loud == (np.abs(over) > 1).any()


def test_a_whole_soft_box_counts_as_its_plain_mean() -> None:
    tiles, over = np.full((9, 9), 0.5, np.float32), np.empty((9, 9), np.float32)
    assert soft_box_means(tiles, np.ones_like(tiles), 3, 0.25, over)
    np.testing.assert_allclose(over[2:-2, 2:-2], 2, rtol=1e-6)


@quickly
@given(seeds, few, st.integers(1, 200), st.floats(0.05, 1))
def test_bands_are_freed_of_what_their_judged_tiles_share(seed, bands, columns, most) -> None:
    rng = np.random.default_rng(seed)
    tiles = rng.normal(0, 0.5, (bands, columns)).astype(np.float32)
    judged = random_marks(rng, tiles.shape)
    votes = judged * (np.abs(tiles) <= np.float32(3 * np.float32(most)))
    common = (tiles * votes).sum(axis=1, keepdims=True) / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    told = (tiles - common.clip(-most, most)) * judged
    np.testing.assert_allclose(level_bands(tiles, judged, most), told, atol=1e-5)


def test_a_stripe_across_the_web_is_not_levelled_away() -> None:
    tiles = np.zeros((9, 300), np.float32)
    tiles[4] = 2.0
    assert level_bands(tiles, np.ones_like(tiles), 0.2)[4].min() > 1.7
