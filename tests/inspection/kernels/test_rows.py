"""Row sums and the light, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import BAND, frames, quickly, seeds

from inspection.kernels.rows import agreed_row_gain, even_band_means, sharpness_at, window_row_sums

widths = st.integers(1, 16)


def random_lefts(rng, columns, width):
    return rng.integers(0, columns - width, 5, endpoint=True)


@quickly
@given(frames(), widths)
def test_windows_hold_the_sums_of_their_rows(drawn, width) -> None:
    rng, pixels = drawn
    lefts = random_lefts(rng, pixels.shape[1], width)
    told = [pixels[:, left : left + width].astype(np.int64).sum(axis=1) for left in lefts]
    np.testing.assert_array_equal(window_row_sums(pixels, lefts, width), told)


@quickly
@given(frames(), widths, st.integers(1, BAND))
def test_bands_hold_the_mean_of_their_rows_freed_of_flicker(drawn, width, rows_read) -> None:
    rng, pixels = drawn
    lefts, gain = random_lefts(rng, pixels.shape[1], width), rng.uniform(0.9, 1.1, len(pixels))
    even = pixels / gain.astype(np.float32)[:, None].astype(float)
    tops = np.minimum(np.arange(0, len(pixels), BAND), len(pixels) - BAND)
    told = [[even[top : top + rows_read, left : left + width].mean() for top in tops] for left in lefts]
    found = even_band_means(pixels, lefts, width, gain.astype(np.float32), rows_read)
    np.testing.assert_allclose(found, told, rtol=1e-6)


@quickly
@given(seeds, st.integers(1, 20), st.integers(1, 70), st.floats(0.005, 0.2))
def test_row_gain_is_the_mean_of_the_windows_that_agree(seed, windows, rows, tolerance) -> None:
    rng = np.random.default_rng(seed)
    ratios = rng.normal(1, 0.05, (windows, rows)).astype(np.float32)
    levels = rng.uniform(0.8, 1.2, windows).astype(np.float32)
    ratios *= levels[:, None]
    deviation = ratios / levels[:, None].astype(float) - 1
    agrees = np.abs(deviation) <= tolerance
    enough = 2 * agrees.sum(axis=0) >= windows
    told = 1 + np.where(enough, (deviation * agrees).sum(axis=0) / np.maximum(agrees.sum(axis=0), 1), 0)
    np.testing.assert_allclose(agreed_row_gain(ratios, levels, tolerance), told, atol=1e-6)


@quickly
@given(frames(), st.integers(6, 16), st.integers(1, 16))
def test_sharpness_is_the_squared_slope_over_the_squared_step(drawn, width, height) -> None:
    rng, pixels = drawn
    lefts, tops = random_lefts(rng, pixels.shape[1], width), random_lefts(rng, len(pixels), height)
    told = []
    for top, left in zip(tops, lefts, strict=True):
        # Whole numbers: a step that is none must not become one by rounding.
        profile = pixels[top : top + height, left : left + width].sum(axis=0, dtype=np.int64)
        step = profile[-3:].sum() - profile[:3].sum()
        told += [9 * np.square(np.diff(profile)).sum() / step**2] if step else []
    np.testing.assert_allclose(sharpness_at(pixels, tops, lefts, height, width), told, rtol=1e-6)


def test_a_window_without_a_step_has_no_sharpness() -> None:
    pixels = np.full((16, 40), 90, np.uint8)
    pixels[:, 20:] = 200
    pixels.flags.writeable = False
    tops, lefts = np.zeros(2, np.int64), np.array([0, 14])
    np.testing.assert_allclose(sharpness_at(pixels, tops, lefts, 16, 12), [1])
