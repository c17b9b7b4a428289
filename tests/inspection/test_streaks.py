"""Streaks are told from any answers that filters may give: in the frame, and as wide as they are."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.averages import Averages
from inspection.expectation import PART_BANDS
from inspection.streak_filters import WIDTHS_PX
from inspection.streaks import find_streaks


def expectation(parts, columns):
    bands = PART_BANDS * parts
    return SimpleNamespace(row_gain=np.ones(8 * bands), states=np.zeros((bands, 1)), coating_gl=np.ones(columns))


def answered(profiles, columns):
    return Averages({}, profiles, columns.astype(np.float32), wide_clean=True, profiles_clean=False)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(20, 90), st.floats(0.3, 4))
def test_whatever_the_filters_answer_streaks_lie_in_the_frame(seed, parts, columns, strength) -> None:
    rng = np.random.default_rng(seed)
    profiles = {w: (strength * rng.normal(size=(parts + 1, columns))).astype(np.float32) for w in WIDTHS_PX}
    means = rng.normal(size=(parts + 1, columns)) * rng.integers(0, 2, (parts + 1, columns))
    for streak in find_streaks(answered(profiles, means), expectation(parts, columns), 0.5):
        assert 0 <= streak.box.top < streak.box.bottom <= 128 * parts
        assert 0 <= streak.box.left < streak.box.right <= columns
        assert abs(streak.over) >= 1


def test_a_streak_that_no_part_shows_runs_the_whole_height() -> None:
    profiles = {w: np.full((3, 40), -0.2, np.float32) for w in WIDTHS_PX}
    means = np.zeros((3, 40))
    profiles[4][2, 18:22], means[2, 18:22] = 1.5, 1
    (streak,) = find_streaks(answered(profiles, means), expectation(2, 40), 0.5)
    assert (streak.box.top, streak.box.bottom) == (0, 256)
    assert streak.over > 0


def test_what_is_faint_and_apart_from_a_streak_does_not_make_it_longer() -> None:
    parts = np.array([0.6, 0.1, 0.1, 0.7, 1.6, 1.5, 1.6, 1.6, 2.5], np.float32)
    profiles, means = {w: np.zeros((9, 40), np.float32) for w in WIDTHS_PX}, np.zeros((9, 40))
    profiles[4][:, 18:22], means[:, 18:22] = parts[:, None], 1
    (streak,) = find_streaks(answered(profiles, means), expectation(8, 40), 0.5)
    assert (streak.box.top, streak.box.bottom) == (3 * 128, 8 * 128)
