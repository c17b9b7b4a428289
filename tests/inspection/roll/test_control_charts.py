"""Charts: noise alone breaks them as seldom as theory says, a shift is found, and only what is stable is capable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.roll.capability import Limits, capability
from inspection.roll.control_charts import density_chart, individuals_chart
from inspection.roll.lane_series import Series
from inspection.roll.poisson import poisson_limits, poisson_upper
from inspection.roll.western_electric import RULES, violations

seeds = st.integers(0, 2**32 - 1)


def series_of(values, metres=None):
    values = np.asarray(values, float)
    return Series(np.arange(len(values)) if metres is None else metres, values, values, values)


def noise(seed, metres, sigma=0.01):
    return 90 + sigma * np.random.default_rng(seed).normal(size=metres)


@pytest.mark.parametrize(
    ("z", "rule", "stretch"),
    [
        ([0, 0.1, 3.1, 0, -0.2], 1, (2, 3)),
        ([0, -0.5, 2.1, 0, 2.2, -0.5], 2, (2, 5)),
        ([0, -0.5, -1.1, -1.2, 0.3, -1.3, -1.4, 0.5], 3, (2, 7)),
        ([-0.1, *[0.2] * 8, -0.3], 4, (1, 9)),
        ([-0.1, *[0.2] * 12, -0.3], 4, (1, 13)),
    ],
)
def test_each_rule_is_told_once_and_where(z, rule, stretch) -> None:
    (found,) = violations(np.arange(len(z)), np.array(z, float))
    assert (found.rule, (found.from_m, found.to_m)) == (rule, stretch)
    assert found.why.startswith(RULES[rule - 1].told)


@pytest.mark.parametrize(
    "z", [[0, 2.1, -2.2, 0.3, 0.1, 2.1], [0.2] * 7 + [-0.1], [1.1, 1.1, 1.1, -0.1, -0.2], [2.9, -2.9]]
)
def test_what_breaks_no_rule_is_told_nowhere(z) -> None:
    assert violations(np.arange(len(z)), np.array(z, float)) == []


def test_a_run_does_not_reach_over_metres_that_were_not_measured() -> None:
    z = np.full(8, 0.2)
    assert violations(np.array([0, 1, 2, 3, 5, 6, 7, 8]), z) == []
    assert len(violations(np.arange(8), z)) == 1


def test_noise_breaks_a_rule_every_92_points() -> None:
    # Champ & Woodall, Technometrics 29(4), 1987: 91.75 for all four rules.
    rng, runs = np.random.default_rng(5), []
    for _ in range(1500):
        z = rng.normal(size=900)
        runs.append(min(_first_signal(z), 900))
    assert 85 < np.mean(runs) < 98


def _first_signal(z):
    """The point that completes the first run; found by trying ever longer charts in halves."""
    found = violations(np.arange(len(z)), z)
    low, high = (0, len(z)) if found else (len(z), len(z))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if violations(np.arange(middle), z[:middle]) else (middle + 1, high)
    return low


def test_each_rule_is_broken_by_chance_as_often_as_it_says() -> None:
    rng, charts, metres = np.random.default_rng(6), 400, np.arange(1500)
    for rule in RULES:
        counted = [broken_points(rule, metres, rng.normal(size=1500)) for _ in range(charts)]
        assert np.mean(counted) / 1500 == pytest.approx(rule.by_chance, rel=0.12)
        assert np.var(counted) / np.mean(counted) == pytest.approx(rule.clumps, rel=0.3)


def broken_points(rule, metres, z):
    """Points that are out with so many of the last ones, one by one."""
    broken = 0
    for side in (1, -1):
        out = side * z > rule.sigmas
        broken += sum(
            bool(out[last]) and out[last - rule.points + 1 : last + 1].sum() >= rule.count
            for last in range(rule.points - 1, len(metres))
        )
    return broken


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(60, 1500))
def test_limits_are_three_sigma_of_what_the_process_does_from_metre_to_metre(seed, metres) -> None:
    chart = individuals_chart(series_of(noise(seed, metres)))
    assert chart.sigma_mm == pytest.approx(0.01, rel=5 / np.sqrt(metres))
    assert (chart.upper_mm - chart.lower_mm) == pytest.approx(6 * chart.sigma_mm)


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from([-1, 1]))
def test_a_lasting_shift_of_one_sigma_is_found_by_the_ewma(seed, side) -> None:
    values = noise(seed, 300)
    values[200:] += side * 0.015
    chart = individuals_chart(series_of(values))
    assert any(each.to_m > 200 for each in chart.shifts)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_a_shift_of_six_sigma_in_one_metre_is_found_at_that_metre(seed) -> None:
    values = noise(seed, 400)
    values[123] = 90.06
    chart = individuals_chart(series_of(values))
    assert any(each.rule == 1 and each.from_m <= 123 < each.to_m for each in chart.violations)


def test_the_ewma_of_noise_is_beyond_its_limits_as_seldom_as_it_says() -> None:
    # Lucas & Saccucci, 1990: a false alarm every 500 points; excursions are begun about as often.
    values = noise(9, 200_000)
    begun = len(individuals_chart(series_of(values)).shifts)
    assert 200_000 / 800 < begun < 200_000 / 350


def test_a_missing_metre_gives_no_moving_range() -> None:
    metres = np.concatenate([np.arange(50), np.arange(500, 550)])
    values = np.where(metres < 100, 90.0, 95.0) + noise(1, 100) - 90
    assert individuals_chart(series_of(values, metres)).sigma_mm == pytest.approx(0.01, rel=0.3)


def test_neighbours_that_resemble_each_other_are_told() -> None:
    slow = 90 + np.sin(np.arange(400) / 10) + noise(2, 400) - 90
    assert individuals_chart(series_of(slow)).correlation > 0.9
    assert abs(individuals_chart(series_of(noise(3, 400))).correlation) < 0.2


def test_too_few_metres_or_a_measure_that_never_moves_have_no_chart() -> None:
    assert individuals_chart(series_of(noise(1, 24))) is None
    assert individuals_chart(series_of(np.full(100, 90.0))) is None
    assert individuals_chart(series_of([])) is None


def test_capability_is_that_of_the_spread_and_the_place() -> None:
    series = series_of(noise(4, 1500) + 0.02)
    told = capability(series, individuals_chart(series), Limits(89.94, 90.06))
    assert told.refused is None
    assert told.cp == pytest.approx(2.0, rel=0.06)
    assert told.cpk == pytest.approx(0.04 / 0.03, rel=0.06)


def refusal(values):
    series = series_of(values)
    told = capability(series, individuals_chart(series), Limits(80, 100))
    assert (told.cp is None) == (told.cpk is None) == (told.refused is not None)
    return told.refused


def test_capability_is_hardly_ever_refused_to_a_stable_process_however_long() -> None:
    refused = [refusal(noise(seed, (25, 100, 400, 1500)[seed % 4])) for seed in range(300)]
    assert sum(each is not None for each in refused) <= 10


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (noise(7, 400) + 0.03 * (np.arange(400) > 200), "rule "),
        (noise(7, 400) + 0.3 * (np.arange(400) > 200), "rule 1 "),
        (noise(7, 60) + 0.3 * (np.arange(60) > 30), "rule "),
        (noise(8, 600) + 0.1 * np.sin(np.arange(600) / 20), "rule "),
        (np.where(np.arange(400) % 25 == 0, 90.08, noise(9, 400)), "rule 1 (beyond 3 sigma)"),
        (np.where(np.arange(80) == 31, 90.2, noise(10, 80)), "rule 1 (beyond 3 sigma): a metre is "),
        (noise(11, 1500) + 0.009 * (np.arange(1500) > 750), "rule "),
    ],
)
def test_capability_is_refused_where_the_process_is_not_stable_and_the_rule_is_named(values, rule) -> None:
    told = refusal(values)
    assert told is not None
    assert told.startswith(f"not stable: {rule}")


def test_capability_of_too_few_metres_is_refused() -> None:
    assert refusal(noise(1, 12)) == "expected 25 metres or more that differ, got 12"


@given(st.floats(0, 2000))
def test_a_count_within_its_limits_has_the_probability_that_they_promise(mean) -> None:
    smallest, largest = (int(each[0]) for each in poisson_limits(np.array([mean]), 0.00135, 0.99865))
    counts = np.arange(int(mean * 2 + 100))
    with np.errstate(divide="ignore"):
        logs = counts * np.log(mean) if mean > 0 else np.where(counts == 0, 0.0, -np.inf)
    share = np.exp(logs - mean - np.concatenate([[0], np.cumsum(np.log(counts[1:]))]))
    assert share[: largest + 1].sum() >= 0.99865 - 1e-9
    assert share[:largest].sum() < 0.99865
    assert share[:smallest].sum() <= 0.00135 + 1e-9


def test_a_count_of_nothing_is_nothing() -> None:
    assert poisson_upper(0.0, 0.999) == 0
    assert poisson_upper(1.0, 0.999) == 5


def test_defects_strewn_by_chance_over_metres_of_varying_area_break_no_limit_more_often_than_chance() -> None:
    rng = np.random.default_rng(3)
    area = rng.uniform(0.02, 0.3, 3000)
    chart = density_chart(np.arange(3000), rng.poisson(0.9 * area), area)
    assert chart.centre_per_m2 == pytest.approx(0.9, rel=0.15)
    assert len(chart.violations) <= poisson_upper(3000 * 0.0027, 0.999)


def test_a_metre_with_far_too_many_defects_is_told_beside_its_limit() -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(0.5, 400)
    counts[77] = 9
    chart = density_chart(np.arange(400), counts, np.full(400, 0.1))
    assert [(each.rule, each.from_m) for each in chart.violations] == [(1, 77)]
    assert chart.per_m2[77] == pytest.approx(90)
    assert chart.per_m2[77] > chart.upper_per_m2[77]


def test_many_defects_are_held_to_all_four_rules() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(40, 300)
    counts[100:120] = 45
    chart = density_chart(np.arange(300), counts, np.ones(300))
    assert 4 in {each.rule for each in chart.violations}


def test_a_roll_without_defects_has_a_chart_too() -> None:
    chart = density_chart(np.arange(10), np.zeros(10, int), np.ones(10))
    assert (chart.centre_per_m2, chart.violations) == (0, ())
