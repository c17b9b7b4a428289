"""The first look, against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import BAND, frames, materials, quickly, random_lanes, random_pixels, seeds, sums_of_nine

from inspection.kernels.reading import CHUNK_COLUMNS, accumulator, screen_bands

WIDEST_INT16_GAIN = 13_000


def screened(pixels, model, lanes, states, gain, per_profile):
    """Run the kernel on outputs that hold rubbish where it must write, and ones where it must add."""
    bands, tiles = len(lanes), -(-pixels.shape[1] // BAND)
    flags, tile_sums = np.full((bands, tiles), 77, np.uint8), np.full((bands, tiles), 77, np.int32)
    profiles = np.ones((max(bands // per_profile, 1), pixels.shape[1]), np.int32)
    screen_bands(pixels, model, lanes, states, gain, flags, tile_sums, profiles, per_profile)
    return flags, tile_sums, profiles


def plainly_screened(pixels, model, lanes, states, gain, per_profile):
    columns, bands = pixels.shape[1], len(lanes)
    tiles, model = -(-columns // BAND), model.astype(np.int64)
    sums, shown = sums_of_nine(pixels), materials(lanes, states, columns)
    flags, tile_sums = np.zeros((bands, tiles), np.uint8), np.zeros((bands, tiles), np.int32)
    profiles = np.ones((max(bands // per_profile, 1), columns), np.int32)
    for band in range(bands):
        rows = slice(min(band * BAND, len(pixels) - BAND), min(band * BAND, len(pixels) - BAND) + BAND)
        coated, judged, meant = shown[band] == "c", shown[band] != "-", np.isin(shown[band], ["c", "f"])
        expected, tolerance = np.where(coated, model[0], model[2]), np.where(coated, model[1], model[3])
        lit = expected + (expected * gain[rows, None].astype(np.int64) >> 16)
        residual = np.where(judged, sums[rows] - lit, 0)
        total = residual.sum(axis=0) * meant
        padded = np.zeros(tiles * BAND, np.int64)
        padded[:columns] = total
        out = np.zeros(tiles * BAND, bool)
        out[:columns] = (np.abs(residual) > tolerance).any(axis=0) & judged
        flags[band] = out.reshape(tiles, BAND).any(axis=1)
        tile_sums[band] = padded.reshape(tiles, BAND).sum(axis=1)
        profiles[min(band // per_profile, len(profiles) - 1)] += total
    return flags, tile_sums, profiles


def random_model(rng, columns, dtype):
    full = 9 * np.iinfo(dtype).max
    model = rng.integers(0, full, (4, columns), endpoint=True)
    model[[1, 3]] = rng.integers(full // 4, full, (2, columns))
    return model.astype(np.int16 if dtype == np.uint8 else np.int32)


@quickly
@given(frames(), st.integers(1, 3), st.integers(1, 5))
def test_the_first_look_sees_what_plain_numpy_sees(drawn, lane_count, per_profile) -> None:
    rng, pixels = drawn
    bands = -(-len(pixels) // BAND)
    lanes, states = random_lanes(rng, bands, pixels.shape[1], lane_count)
    gain = rng.integers(-2000, 2000, len(pixels)).astype(np.int16)
    model = random_model(rng, pixels.shape[1], pixels.dtype)
    given_ = pixels, model, lanes, states, gain, per_profile
    for seen, told in zip(screened(*given_), plainly_screened(*given_), strict=True):
        np.testing.assert_array_equal(seen, told)


@quickly
@given(seeds, st.sampled_from([-1, 0, 1, 2, 3, 9]))
def test_frames_wider_than_a_chunk_have_no_seam_in_them(seed, beyond) -> None:
    rng = np.random.default_rng(seed)
    pixels = random_pixels(rng, 16, CHUNK_COLUMNS + beyond, np.uint8)
    lanes, states = random_lanes(rng, 2, pixels.shape[1], 2)
    given_ = pixels, random_model(rng, pixels.shape[1], np.uint8), lanes, states, np.zeros(16, np.int16), 2
    for seen, told in zip(screened(*given_), plainly_screened(*given_), strict=True):
        np.testing.assert_array_equal(seen, told)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_fifth_of_row_gain_overflows_nothing_at_sixteen_bits(sign) -> None:
    pixels = random_pixels(np.random.default_rng(0), 16, 24, np.uint16)
    lanes, states = np.array([[[0, 0, 24, 24]]] * 2), np.zeros((2, 1), np.int8)
    gain = np.full(16, sign * WIDEST_INT16_GAIN, np.int16)
    given_ = pixels, random_model(np.random.default_rng(1), 24, np.uint16), lanes, states, gain, 2
    for seen, told in zip(screened(*given_), plainly_screened(*given_), strict=True):
        np.testing.assert_array_equal(seen, told)


@pytest.mark.parametrize("column", [1, 7, 8, 15, 21, 29])
@pytest.mark.parametrize("row", [0, 7, 8, 18])
def test_one_pixel_flags_every_tile_its_neighbourhood_reaches(row, column) -> None:
    grey = np.full((19, 31), 100, np.uint8)
    grey[row, column] = 200
    grey.flags.writeable = False
    model = np.array([[900], [50], [900], [50]], np.int16).repeat(31, axis=1)
    lanes, states = np.array([[[0, 0, 31, 31]]] * 3), np.zeros((3, 1), np.int8)
    flags, _, _ = screened(grey, model, lanes, states, np.zeros(19, np.int16), 2)
    columns = {c // BAND for c in range(column - 1, column + 2) if 0 < c < 30}
    rows = {r for r in range(row - 1, row + 2) if 0 <= r < 19}
    bands = {band for band in range(3) if rows & set(range(min(8 * band, 11), min(8 * band, 11) + 8))}
    assert set(zip(*np.nonzero(flags), strict=True)) == {(band, tile) for band in bands for tile in columns}


@pytest.mark.parametrize(("dtype", "kind"), [(np.uint8, np.int16), (np.uint16, np.int32)])
def test_eight_sums_of_full_scale_fit_their_accumulator(dtype, kind) -> None:
    assert accumulator(np.zeros((1, 1), dtype)) is kind
    assert 8 * 9 * np.iinfo(dtype).max <= np.iinfo(kind).max
