"""The light in one frame, against frames of known light."""

import numpy as np
import pytest

from inspection.flat_field import FlatFieldSettings, measure_light, place_windows

ROWS, COLUMNS = 384, 1024
LANES = np.array([[80.0, 480.0], [560.0, 940.0]])
SHADE = (1 - 0.2 * np.square(np.linspace(-1, 1, COLUMNS))).astype(np.float32)
COATING = 90 * SHADE
SETTINGS = FlatFieldSettings()


def web(row_gain=1.0, lanes=(1.0, 1.0), noise=3.0, seed=0):
    """A lamp-shaded web of two lanes on foil."""
    grey = np.tile(170 * SHADE, (ROWS, 1))
    for (left, right), level in zip(LANES.astype(int), lanes, strict=True):
        grey[:, left:right] = COATING[left:right] * level
    grey = grey * np.reshape(row_gain, (-1, 1))
    rng = np.random.default_rng(seed)
    return np.clip(np.rint(grey + rng.normal(0, noise, grey.shape)), 0, 255).astype(np.uint8)


def light_of(pixels, settings=SETTINGS):
    return measure_light(pixels, place_windows(LANES, COATING), settings)


def test_windows_lie_well_inside_the_lanes() -> None:
    windows = place_windows(LANES, COATING)
    assert np.bincount(windows.lanes).tolist() == [8, 8]
    left, right = LANES[windows.lanes].T
    assert np.all(windows.lefts >= left + (right - left) / 20)
    assert np.all(windows.lefts + windows.width <= right - (right - left) / 20)
    told = [COATING[begin : begin + windows.width].sum() for begin in windows.lefts]
    np.testing.assert_allclose(windows.expected, told, rtol=1e-5)


@pytest.mark.parametrize("lanes", [[[0, 1024]], [[3, 60], [70, 120]], [[1000, 1022]], [[0, 16], [1008, 1024]]])
def test_the_level_is_recovered_however_narrow_the_lanes(lanes) -> None:
    lanes = np.array(lanes, float)
    windows = place_windows(lanes, COATING)
    assert np.bincount(windows.lanes).min() >= 2
    pixels = np.rint(np.tile(1.1 * COATING, (40, 1))).astype(np.uint8)
    assert measure_light(pixels, windows, SETTINGS).level == pytest.approx(1.1, rel=5e-3)


def test_row_gain_is_recovered() -> None:
    gain = 1 + 0.02 * np.sin(np.arange(ROWS))
    light = light_of(web(gain))
    assert (light.row_gain - gain).std() < 0.003
    assert abs((light.row_gain - gain).mean()) < 0.002


@pytest.mark.parametrize("level", [0.7, 1.0, 1.3])
def test_the_lamp_level_is_recovered_and_is_no_row_gain(level) -> None:
    light = light_of(web(level))
    assert light.level == pytest.approx(level, rel=3e-3)
    assert np.abs(light.row_gain - 1).max() < 0.02


def test_each_lane_has_its_own_level() -> None:
    light = light_of(web(lanes=(1.0, 1.1)))
    assert light.lane_levels[1] / light.lane_levels[0] == pytest.approx(1.1, rel=3e-3)
    assert np.abs(light.row_gain - 1).max() < 0.02


@pytest.mark.parametrize("level", [1.8, 1.06, 0.9])
def test_a_stripe_across_the_web_is_not_corrected_away(level) -> None:
    pixels = web(np.where((np.arange(ROWS) >= 100) & (np.arange(ROWS) < 110), level, 1))
    np.testing.assert_array_equal(light_of(pixels).row_gain[100:110], 1)


def test_a_stripe_across_one_lane_is_not_corrected_away() -> None:
    pixels = web().copy()
    pixels[100:110, 80:480] = 170
    assert np.abs(light_of(pixels).row_gain[100:110] - 1).max() < 0.02


@pytest.mark.parametrize(("largest", "measured"), [(0.03, 1.02), (0.01, 1.0)])
def test_flicker_is_corrected_only_up_to_its_limit(largest, measured) -> None:
    gain = np.ones(ROWS)
    gain[50] = 1.02
    light = light_of(web(gain, noise=1), FlatFieldSettings(largest))
    assert light.row_gain[50] == pytest.approx(measured, abs=0.004)


def test_a_defect_over_a_few_windows_leaves_the_light_alone() -> None:
    pixels = web().copy()
    pixels[:, 100:220] = 200
    light = light_of(pixels)
    assert light.level == pytest.approx(1, abs=5e-3)
    assert np.abs(light.row_gain - 1).max() < 0.02


def test_ratios_tell_each_windows_row_over_its_coating() -> None:
    windows = place_windows(LANES, COATING)
    pixels = web(noise=0)
    sums = [pixels[:, left : left + windows.width].sum(axis=1) for left in windows.lefts]
    told = np.array(sums) / windows.expected[:, None]
    np.testing.assert_allclose(light_of(pixels).ratios, told, rtol=1e-5)
