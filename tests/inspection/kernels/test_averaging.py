"""Means over boxes and columns, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, seeds

from inspection.kernels.averaging import box_means, column_means, weigh_columns, weigh_tiles

few = st.integers(1, 40)


def random_marks(rng, shape, share=0.7):
    return (rng.random(shape) < share).astype(np.float32)


def random_weights(rng, shape):
    """0 where nothing is judged, else from 1 to the square root of 2; some segments alike."""
    weights = random_marks(rng, shape) * rng.uniform(1, 2**0.5, shape)
    weights[1::2] = weights[: len(weights) // 2 * 2 : 2]
    return weights.astype(np.float32)


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


@quickly
@given(seeds, few, few, st.integers(1, 9), st.floats(0.05, 2))
def test_boxes_hold_the_mean_of_their_judged_tiles(seed, bands, columns, side, limit) -> None:
    rng = np.random.default_rng(seed)
    tiles = rng.normal(size=(bands, columns)).astype(np.float32)
    judged = random_marks(rng, tiles.shape, rng.uniform(0.2, 1))
    over = np.full(tiles.shape, np.nan, np.float32)
    loud = box_means(tiles, judged, side, limit, over)

    def boxes(values):
        reach = (side // 2, side - side // 2 - 1)
        return np.lib.stride_tricks.sliding_window_view(np.pad(values.astype(float), (reach, reach)), (side, side)).sum(
            axis=(2, 3)
        )

    sums, counts = boxes(tiles * judged), boxes(judged)
    told = np.where(2 * counts >= side**2, sums / np.sqrt(np.maximum(counts, 1) * side**2) / limit, 0)
    np.testing.assert_allclose(over, told, atol=1e-4 / limit)
    assert loud == (np.abs(over) > 1).any()


def test_a_whole_box_counts_as_its_plain_mean() -> None:
    tiles, over = np.full((9, 9), 0.5, np.float32), np.empty((9, 9), np.float32)
    assert box_means(tiles, np.ones_like(tiles), 3, 0.25, over)
    np.testing.assert_allclose(over[1:-1, 1:-1], 2, rtol=1e-6)


@quickly
@given(seeds, st.integers(1, 4), st.integers(1, 90), st.integers(1, 40))
def test_columns_are_freed_of_the_coating_around_them(seed, segments, columns, reach) -> None:
    rng = np.random.default_rng(seed)
    sums = rng.integers(-(2**20), 2**20, (segments, columns)).astype(float)
    judged = random_weights(rng, sums.shape)
    coated = random_marks(rng, columns)

    def around(values):
        return np.convolve(values, np.ones(2 * reach + 1))[reach : reach + columns]

    told = []
    for line, weight in zip(sums, judged, strict=True):
        inside = coated * (weight > 0).astype(float)
        told.append((line - inside * around(line * inside) / np.maximum(around(inside), 1)) * weight)
    np.testing.assert_allclose(column_means(sums, judged, coated, reach), told, rtol=1e-5, atol=0.2)


@quickly
@given(seeds, st.integers(1, 4), st.integers(1, 90), st.integers(1, 13))
def test_columns_are_weighed_by_their_material(seed, segments, columns, width) -> None:
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(segments, columns)).astype(np.float32)
    judged, coated = random_weights(rng, means.shape), random_marks(rng, columns)
    scales = rng.uniform(0.05, 0.6, (segments, 2)).astype(np.float32)
    over = np.full(means.shape, np.nan, np.float32)
    loud = weigh_columns(means, width, judged, coated, scales, over)
    reach = (width // 2, width - width // 2 - 1)
    padded = np.pad(means.astype(float), ((0, 0), reach))
    sums = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).sum(axis=2)
    told = sums * (judged > 0) * np.where(coated == 1, scales[:, :1], scales[:, 1:])
    np.testing.assert_allclose(over, told, atol=1e-5)
    assert loud == (np.abs(over) > 1).any()
