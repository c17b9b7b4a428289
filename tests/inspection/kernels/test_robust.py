"""Robust medians and fits, against plain NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, seeds

from inspection.kernels.robust import course_figures, fit_courses, median, row_medians


def lower_median(values):
    return np.sort(values)[(len(values) - 1) // 2]


@quickly
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_a_median_is_the_lower_middle_value(values) -> None:
    assert median(np.array(values)) == lower_median(np.array(values))


def test_of_nothing_the_median_is_no_number() -> None:
    assert np.isnan(median(np.empty(0)))


@quickly
@given(seeds, st.integers(1, 12), st.integers(1, 20), st.sampled_from([np.float32, np.float64]))
def test_row_medians_take_what_is_finite(seed, rows, columns, dtype) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, columns)).astype(dtype)
    values[rng.random(values.shape) < 0.4] = np.nan
    told = [lower_median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in values]
    np.testing.assert_array_equal(row_medians(values), told)


def plain_course(values, seen, powers):
    """Least squares by NumPy, thrice, each time without what the fit before left far away."""
    known, own = powers[:, seen].T, values[seen]
    fitted = np.full(len(own), lower_median(own))
    for _ in range(3):
        apart = np.abs(own - fitted)
        near = apart <= max(2.5 * 1.4826 * lower_median(apart), 0.05)
        told = np.linalg.lstsq(known[near], own[near])[0]
        fitted = known @ told
    return told @ powers


@quickly
@given(seeds, st.integers(1, 5), st.integers(24, 60), st.integers(1, 3))
def test_courses_are_least_squares_without_what_lies_far_off(seed, edges, bands, terms) -> None:
    rng = np.random.default_rng(seed)
    powers = np.linspace(-1, 1, bands) ** np.arange(terms)[:, None]
    values = 500 + rng.normal(0, 3, (edges, terms)) @ powers + rng.normal(0, 0.2, (edges, bands))
    values[rng.random(values.shape) < 0.1] += 40
    seen = rng.random(values.shape) < 0.8
    values[~seen & (rng.random(values.shape) < 0.5)] = np.nan
    told = [plain_course(line, known, powers) for line, known in zip(values, seen, strict=True)]
    np.testing.assert_allclose(fit_courses(values, seen, powers), told, atol=1e-4)


def test_a_fifth_of_chips_moves_no_course() -> None:
    along = np.linspace(-1, 1, 100)
    powers = np.stack([np.ones_like(along), along, along**2])
    true = 300 + 2 * along - along**2
    chipped = true.copy()
    chipped[40:60] += 12
    np.testing.assert_allclose(fit_courses(chipped[None], np.ones((1, 100), bool), powers)[0], true, atol=0.01)


def test_an_edge_that_is_nowhere_seen_has_no_course() -> None:
    course = fit_courses(np.zeros((1, 9)), np.zeros((1, 9), bool), np.ones((1, 9)))
    assert np.isnan(course).all()


def test_a_sine_about_its_course_keeps_its_root_mean_square_and_a_chip_is_left_out() -> None:
    along = np.arange(160) / 160
    course = np.stack([100 + along, 200 - along])
    edges = course + 0.4 * np.sin(2 * np.pi * 8 * along)
    edges[1, 40:44] += 9
    edges[1, 100:] = np.nan
    (mean, wave), (other_mean, other_wave) = course_figures(edges, course)
    assert (mean, other_mean) == (course[0].mean(), course[1, :100].mean())
    np.testing.assert_allclose([wave, other_wave], 0.4 / np.sqrt(2), rtol=0.03)


@quickly
@given(seeds)
def test_of_plain_noise_the_root_mean_square_loses_next_to_nothing(seed) -> None:
    noise = np.random.default_rng(seed).normal(size=(1, 4000))
    assert abs(course_figures(noise, np.zeros_like(noise))[0, 1] - 1) < 0.06


def test_of_an_edge_that_was_measured_nowhere_or_hardly_there_is_no_figure() -> None:
    edges = np.full((2, 40), np.nan)
    edges[1, :15] = 7.0
    figures = course_figures(edges, np.full((2, 40), 5.0))
    assert np.isnan(figures[0]).all()
    assert figures[1, 0] == 5.0
    assert np.isnan(figures[1, 1])
