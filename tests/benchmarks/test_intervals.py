"""What a count proves, against SciPy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.intervals import poisson_upper
from models.metrics import wilson

counts = st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counts)
def test_wilson_bounds_are_those_of_scipy(count) -> None:
    found, of = count
    told = stats.binomtest(found, of).proportion_ci(0.95, method="wilson")
    assert wilson(found, of) == pytest.approx((told.low, told.high), abs=1e-4)


@given(counts)
def test_wilson_bounds_hold_the_share_and_stay_shares(count) -> None:
    found, of = count
    low, high = wilson(found, of)
    assert -1e-12 <= low <= found / of + 1e-12
    assert found / of - 1e-12 <= high <= 1 + 1e-12


def test_of_nothing_anything_may_be_true() -> None:
    assert wilson(0, 0) == (0, 1)


@pytest.mark.parametrize(("of", "below"), [(381, 0.01), (3838, 0.001)])
def test_no_miss_in_so_many_proves_so_little(of, below) -> None:
    assert wilson(0, of)[1] <= below < wilson(0, of - 2)[1]


@given(st.integers(0, 300), st.floats(0.5, 0.999))
def test_poisson_bounds_are_those_of_scipy(count, confidence) -> None:
    told = stats.chi2.ppf(confidence, 2 * (count + 1)) / 2
    assert poisson_upper(count, confidence) == pytest.approx(told, rel=1e-6)


def test_three_is_the_bound_of_none() -> None:
    assert poisson_upper(0) == pytest.approx(2.9957, abs=1e-4)
