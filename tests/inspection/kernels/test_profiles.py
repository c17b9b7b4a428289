"""Means down columns and the streak filters' answers, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, seeds
from test_averaging import random_marks

from inspection.kernels.profiles import column_means, find_runs, match_columns


def random_weights(rng, shape):
    """0 where nothing is judged, else from 1 to the square root of 2; some segments alike."""
    weights = random_marks(rng, shape) * rng.uniform(1, 2**0.5, shape)
    weights[1::2] = weights[: len(weights) // 2 * 2 : 2]
    return weights.astype(np.float32)


@quickly
@given(seeds, st.integers(1, 4), st.integers(1, 90), st.integers(1, 40))
def test_columns_are_freed_of_the_quiet_coating_around_them(seed, segments, columns, reach) -> None:
    rng = np.random.default_rng(seed)
    sums = rng.integers(-(2**20), 2**20, (segments, columns)).astype(float)
    judged, quiet = random_weights(rng, sums.shape), random_marks(rng, sums.shape, rng.uniform(0.3, 1))
    coated = random_marks(rng, columns)

    def around(values):
        return np.convolve(values, np.ones(2 * reach + 1))[reach : reach + columns]

    told = []
    for line, weight, counts in zip(sums, judged, quiet, strict=True):
        inside = coated * counts * (weight > 0).astype(float)
        told.append((line - coated * around(line * inside) / np.maximum(around(inside), 1)) * weight)
    np.testing.assert_allclose(column_means(sums, judged, coated, quiet, reach), told, rtol=1e-5, atol=0.2)


@quickly
@given(seeds, st.integers(1, 5), st.integers(1, 90))
def test_runs_are_judged_columns_of_one_material(seed, segments, columns) -> None:
    rng = np.random.default_rng(seed)
    judged, coated = random_weights(rng, (segments, columns)), random_marks(rng, columns)
    runs = find_runs(judged, coated)
    shown = np.where(judged > 0, np.where(coated > 0, 0, 1), -1)
    seen = np.full(shown.shape, -1)
    for segment, begin, end, material in runs:
        assert begin < end
        assert (seen[segment, begin:end] == -1).all()
        seen[segment, begin:end] = material
        longer = shown[segment, max(begin - 1, 0) : end + 1]
        assert begin == 0 or longer[0] != material
        assert end == columns or longer[-1] != material
    np.testing.assert_array_equal(seen, shown)


@quickly
@given(seeds, st.integers(1, 4), st.integers(1, 90), st.integers(0, 10), st.integers(0, 4))
def test_each_run_is_filtered_as_if_its_ends_went_on(seed, segments, columns, reach, inset) -> None:
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(segments, columns)).astype(np.float32)
    half = rng.normal(size=reach + 1)  # the middle first
    taps = np.concatenate([half[:0:-1], half]).astype(np.float32)
    scales = rng.uniform(0.05, 0.6, (segments, 2)).astype(np.float32)
    runs = find_runs(random_weights(rng, means.shape), random_marks(rng, columns))
    over, told = np.full(means.shape, np.nan, np.float32), np.zeros(means.shape)
    loud = match_columns(means, taps, inset, runs, scales, over)
    for segment, begin, end, material in runs:
        if end - begin > 2 * inset:
            run = np.pad(means[segment, begin:end].astype(float), reach, mode="edge")
            answers = np.convolve(run, taps, mode="valid") * scales[segment, material]
            told[segment, begin + inset : end - inset] = answers[inset : len(answers) - inset]
    np.testing.assert_allclose(over, told, atol=1e-4)
    assert loud == (np.abs(over) > 1).any()
