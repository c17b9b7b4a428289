"""Streak filters against noise whose covariance is known."""

import numpy as np
import pytest

from inspection.streak_filters import REACH_PX, WIDTHS_PX, covariance, matched_filters, plain_filters

TAPS = 2 * REACH_PX + 1
DISTANCE = np.arange(TAPS)


def grain(radius_px, white):
    """Covariance of Gaussian grain that neighbouring columns share, with some noise that they do not."""
    return np.exp(-(DISTANCE**2) / (4 * radius_px**2)) + white * (DISTANCE == 0)


def strength(taps, noise, width):
    """What a filter makes of a streak in the middle, in sigmas of what it makes of the noise."""
    streak = np.clip((width + 1) / 2 - np.abs(DISTANCE - REACH_PX), 0, 1)
    spread = taps @ noise[np.abs(np.subtract.outer(DISTANCE, DISTANCE))] @ taps
    return taps @ np.convolve(streak, np.convolve([1, 1, 1], [1, 2, 1]) / 12, "same") / np.sqrt(spread)


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_each_answers_one_to_its_own_streak(width) -> None:
    taps = matched_filters(grain(1.2, 0.1))[WIDTHS_PX.index(width)]
    assert strength(taps, np.eye(1, TAPS)[0], width) * np.linalg.norm(taps) == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(taps, taps[::-1], atol=1e-5)


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_in_coarse_grain_they_see_more_than_plain_means(width) -> None:
    noise, place = grain(1.8, 0.05), WIDTHS_PX.index(width)
    matched, plain = (filters[place].astype(float) for filters in (matched_filters(noise), plain_filters()))
    assert strength(matched, noise, width) > 1.03 * strength(plain, noise, width)


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_in_white_noise_plain_means_are_all_but_the_best(width) -> None:
    noise, place = np.eye(1, TAPS)[0], WIDTHS_PX.index(width)
    matched, plain = (filters[place].astype(float) for filters in (matched_filters(noise), plain_filters()))
    assert strength(matched, noise, width) == pytest.approx(strength(plain, noise, width), rel=0.12)


def test_covariance_is_that_of_the_noise_whatever_a_few_frames_show() -> None:
    rng = np.random.default_rng(0)
    frames = []
    for number in range(15):
        white = rng.normal(size=4000 + 40)
        kernel = np.exp(-(np.arange(-20, 21) ** 2) / (2 * 1.5**2))
        frames.append(np.convolve(white, kernel / np.linalg.norm(kernel), "valid").astype(np.float32))
        if number % 5 == 0:
            frames[-1][1000:1010] += 30
        frames[-1][2000:2100] = np.nan
    np.testing.assert_allclose(covariance(frames), grain(1.5, 0), atol=0.08)


def test_without_coating_there_is_no_covariance() -> None:
    assert covariance([np.full(500, np.nan, np.float32)]) is None
    assert covariance([np.zeros(500, np.float32)]) is None


def test_a_covariance_that_no_noise_can_have_still_gives_tame_filters() -> None:
    impossible = grain(1.8, 0) * np.where(DISTANCE % 5 == 4, -1, 1)
    assert np.linalg.eigvalsh(impossible[np.abs(np.subtract.outer(DISTANCE, DISTANCE))]).min() < -0.5
    assert np.abs(matched_filters(impossible)).max() < 5


def test_lanes_too_narrow_for_pairs_at_every_distance_give_no_covariance() -> None:
    narrow = np.full(200, np.nan, np.float32)
    for left in range(0, 200, 40):
        narrow[left : left + 2 * REACH_PX] = 1
    assert covariance([narrow]) is None
