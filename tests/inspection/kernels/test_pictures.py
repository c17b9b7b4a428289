"""Small pictures, against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import frames, quickly, seeds

from inspection.kernels.pictures import fill_cells, masked_range, take_picture

CELLS = 16


def cell_means(cut):
    """Mean of each cell; a window smaller than the cells repeats its pixels."""
    rows, columns = (
        [slice(i * side // CELLS, max((i + 1) * side // CELLS, i * side // CELLS + 1)) for i in range(CELLS)]
        for side in cut.shape
    )
    return np.array([[cut[down, cross].mean() for cross in columns] for down in rows])


def middles(side):
    return (2 * np.arange(CELLS) + 1) * side // (2 * CELLS)


@quickly
@given(frames(), st.booleans())
def test_pictures_are_cell_means_in_grey_reflectance_and_noise_units(drawn, on_foil) -> None:
    rng, pixels = drawn
    top, left = (int(rng.integers(0, side // 2)) for side in pixels.shape)
    height, width = (
        int(rng.integers(4, len(pixels) - top + 1)),
        int(rng.integers(4, pixels.shape[1] - left + 1)),
    )
    full = np.iinfo(pixels.dtype).max
    coating = rng.uniform(0.1 * full, 0.3 * full, pixels.shape[1]).astype(np.float32)
    foil, gain = coating + np.float32(full / 3), rng.uniform(0.97, 1.03, len(pixels)).astype(np.float32)
    sigma_gl, noise_gain = 0.03 * full, rng.uniform(0.7, 1.2, pixels.shape[1]).astype(np.float32)
    grey, reflectance, sigma = np.full((3, CELLS, CELLS), np.nan, np.float32)
    window = top, left, height, width
    take_picture(pixels, window, gain, coating, foil, noise_gain, on_foil, sigma_gl, grey, reflectance, sigma)
    told = cell_means(pixels[top : top + height, left : left + width].astype(float))
    np.testing.assert_allclose(grey, told, rtol=1e-5)
    even = told / gain[top + middles(height)][:, None]
    base, step = coating[left + middles(width)], full / 3
    np.testing.assert_allclose(reflectance, np.clip((even - base) / step, -1, 3), atol=1e-4)
    expected = foil[left + middles(width)] if on_foil else base
    noise_gl = sigma_gl * noise_gain[left + middles(width)]
    units = (even - expected) / noise_gl * np.sqrt(max(height * width / CELLS**2, 1))
    np.testing.assert_allclose(sigma, units / (8 + np.abs(units)), atol=1e-4)


@quickly
@given(seeds, st.integers(1, 40), st.integers(1, 40), st.integers(-3, 10), st.integers(-3, 10))
def test_cells_are_set_where_the_mask_has_a_pixel(seed, height, width, down, cross) -> None:
    rng = np.random.default_rng(seed)
    mask = (rng.random((height, width)) < 0.1).astype(np.uint8)
    size, cells = (height + 9, width + 5), np.zeros((CELLS, CELLS), np.float32)
    told = cells.copy()
    for row, column in np.argwhere(mask):
        i, j = (row + down) * CELLS // size[0], (column + cross) * CELLS // size[1]
        told[np.clip(i, 0, CELLS - 1), np.clip(j, 0, CELLS - 1)] = 1
    fill_cells(mask, down, cross, size, cells)
    np.testing.assert_array_equal(cells, told)


@quickly
@given(seeds, st.integers(0, 6))
def test_ranges_are_taken_where_the_mask_is_set(seed, pictures) -> None:
    rng = np.random.default_rng(seed)
    crops = rng.normal(size=(pictures, 5, CELLS, CELLS)).astype(np.float32)
    crops[:, 4] = rng.random((pictures, CELLS, CELLS)) < 0.2
    crops[:, 4, 3, 3] = 1
    own = [picture[2][picture[4] == 1] for picture in crops]
    told = np.array([[v.min(), v.mean(dtype=float), v.max()] for v in own]).reshape(-1, 3).T
    np.testing.assert_allclose(masked_range(crops[:, 2], crops[:, 4]), told, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_window_no_larger_than_a_cell_repeats_its_one_pixel(dtype) -> None:
    pixels = np.arange(256, dtype=dtype).reshape(16, 16)
    pixels.flags.writeable = False
    grey, reflectance, sigma = np.empty((3, CELLS, CELLS), np.float32)
    level = np.zeros(16, np.float32)
    take_picture(pixels, (5, 6, 1, 1), level + 1, level, level + 1, level + 1, False, 1.0, grey, reflectance, sigma)
    assert (grey == 5 * 16 + 6).all()
