"""The second look, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import BAND, frames, materials, quickly, random_lanes, seeds, sums_of_nine

from inspection.kernels.windows import deviation_steps, set_aside


def random_window(rng, rows, columns):
    top, left = int(rng.integers(rows)), int(rng.integers(columns))
    return top, left, int(rng.integers(top, rows)) + 1, int(rng.integers(left, columns)) + 1


@quickly
@given(frames(), st.integers(1, 3), st.booleans())
def test_deviations_are_those_of_the_whole_frame_cut_out(drawn, lane_count, whole) -> None:
    rng, pixels = drawn
    rows, columns = pixels.shape
    lanes, states = random_lanes(rng, -(-rows // BAND), columns, lane_count)
    full = np.iinfo(pixels.dtype).max
    coating, foil = rng.uniform(0.2 * full, 0.8 * full, (2, columns)).astype(np.float32)
    light, gain = rng.uniform(0.8, 1.1, columns).astype(np.float32), rng.uniform(0.97, 1.03, rows).astype(np.float32)
    weights = np.float32(6400 / full), np.float32(1600 / full)
    shown = np.repeat(materials(lanes, states, columns), BAND, axis=0)[:rows]
    expected = np.where(shown == "c", coating, foil) * gain[:, None].astype(float)
    weight = np.select([shown == "c", shown != "-"], weights, 0.0) / light
    told = (sums_of_nine(pixels) / 9 - expected) * weight
    top, left, bottom, right = (0, 0, rows, columns) if whole else random_window(rng, rows, columns)
    steps = np.full((bottom - top, right - left), 77, np.int16)
    deviation_steps(pixels, top, left, coating, foil, light, gain, weights, lanes, states, steps)
    assert np.abs(steps - told[top:bottom, left:right]).max() <= 1.01


def test_deviations_beyond_sixteen_bits_stay_at_the_end_of_the_scale() -> None:
    pixels = np.zeros((16, 32), np.uint16)
    pixels[:, 16:] = 60_000
    pixels.flags.writeable = False
    level, steps = np.full(32, 30_000, np.float32), np.empty((16, 32), np.int16)
    lanes, states = np.array([[[0, 0, 32, 32]]] * 2), np.zeros((2, 1), np.int8)
    weights = np.float32(32), np.float32(32)
    deviation_steps(
        pixels, 0, 0, level, level, np.ones(32, np.float32), np.ones(16, np.float32), weights, lanes, states, steps
    )
    assert steps[4, 4] == -32767
    assert steps[4, 24] == 32767


@quickly
@given(seeds, st.integers(1, 40), st.integers(1, 30), st.integers(0, 40), st.integers(4, 20), st.integers(1, 4))
def test_a_window_is_taken_out_of_the_parts_it_lies_in(seed, height, width, top, per_part, parts) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.integers(-500, 500, (height, width)).astype(np.int16)
    grey = rng.uniform(0.1, 2, width).astype(np.float32)
    sums = rng.normal(0, 100, (parts, width))
    told = sums.copy()
    for row in range(height):
        told[min((top + row) // per_part, parts - 1)] -= steps[row] * grey.astype(float)
    set_aside(steps, top, grey, per_part, sums)
    np.testing.assert_allclose(sums, told, atol=1e-2)
