"""Figures against what they mean, counted the long way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics import auroc, calibration_error, confusion, kind_scores, limit_for, macro_f1, reliability, wilson

KINDS = ("a", "b", "c")
labels = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


def arrays(pairs):
    truth, named = np.array(pairs).T
    return truth, named


@given(labels)
def test_scores_are_what_counting_gives(pairs) -> None:
    truth, named = arrays(pairs)
    for score in kind_scores(truth, named, KINDS):
        n = KINDS.index(score.kind)
        both = sum(pair == (n, n) for pair in pairs)
        assert score.shown == sum(true == n for true, _ in pairs)
        assert score.recall == both / score.shown
        assert score.precision == (both / score.named if score.named else 0)
        assert score.recall_low - 1e-12 <= score.recall <= score.recall_high + 1e-12
        assert score.f1 == pytest.approx(2 * both / (score.shown + score.named))


@given(labels)
def test_confusion_counts_every_pair_once(pairs) -> None:
    counts = confusion(*arrays(pairs), 3)
    assert counts.sum() == len(pairs)
    assert counts[pairs[0]] == pairs.count(pairs[0])


def test_a_kind_that_nobody_showed_is_not_scored() -> None:
    scores = kind_scores(np.array([0, 0, 1]), np.array([0, 2, 1]), KINDS)
    assert [score.kind for score in scores] == ["a", "b"]
    assert macro_f1(scores) == pytest.approx((2 / 3 + 1) / 2)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_auroc_is_the_share_of_pairs_in_order(inside, outside) -> None:
    pairs = [(low, high) for low in inside for high in outside]
    share = sum((high > low) + 0.5 * (high == low) for low, high in pairs) / len(pairs)
    assert auroc(np.array(inside, float), np.array(outside, float)) == pytest.approx(share)


def test_confidence_that_comes_true_has_no_error() -> None:
    sure = np.repeat([0.25, 0.75], 400)
    right = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    assert calibration_error(sure, right) == pytest.approx(0, abs=1e-9)
    assert calibration_error(sure, ~right) == pytest.approx(0.5)
    assert reliability(sure, right)[:, 2].sum() == 800


@given(st.floats(0, 1), st.integers(0, 2**31))
def test_a_limit_rejects_the_share_it_was_asked_for(share, seed) -> None:
    scores = np.random.default_rng(seed).random(500)
    assert np.mean(scores >= limit_for(scores, share)) == pytest.approx(share, abs=0.005)


def test_bounds_of_nothing_are_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(299, 299)
    assert 0.98 < low < 0.99
    assert high == pytest.approx(1)
