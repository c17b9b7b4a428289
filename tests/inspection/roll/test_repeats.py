"""Repeats against rollers that are known: found with their pitch, and none where nothing repeats."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_defects import defect, defects_at, marks, unrelated

from inspection.defect import Kind, Severity
from inspection.errors import RecipeError
from inspection.recipe import parse_recipe
from inspection.roll.fault import Cause
from inspection.roll.repeats import find_repeats, repeat_faults
from inspection.roll.rollers import RepeatSettings, Roller

PLAIN = RepeatSettings()


def pitches(repeats) -> list[float]:
    return [repeat.pitch_mm for repeat in repeats]


@given(
    pitch=st.floats(60, 2900),
    cross=st.floats(0, 100),
    missing=st.sets(st.integers(1, 13), max_size=3),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_a_roller_is_found_with_its_pitch_whatever_lies_between_and_some_turns_missed(pitch, cross, missing, seed):
    rng = np.random.default_rng(seed)
    turns = [turn for turn in range(15) if turn not in missing]
    true = marks(pitch, cross, turns, jitter=rng.uniform(-0.15, 0.15, len(turns)))
    places = true + unrelated(rng, 50, length_mm=15 * pitch)
    found = find_repeats(defects_at(places), PLAIN)
    assert len(found) == 1
    repeat = found[0]
    assert repeat.pitch_mm == pytest.approx(pitch, abs=0.1)
    assert repeat.cross_mm == pytest.approx(cross, abs=1.5)
    assert repeat.missed == len(missing)
    assert repeat.expected_false <= 0.01
    assert repeat.confidence == pytest.approx(1 - repeat.expected_false)
    assert {mark.identity[0] for mark in repeat.marks} >= set(range(1, len(turns) + 1))


@given(seed=st.integers(0, 100_000), per_100_m=st.sampled_from([20, 50, 500]))
@settings(max_examples=60, deadline=None)
def test_unrelated_defects_make_no_repeat(seed, per_100_m):
    assert find_repeats(defects_at(unrelated(np.random.default_rng(seed), per_100_m)), PLAIN) == []


@given(seed=st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_clusters_and_a_line_of_defects_along_the_web_make_no_repeat(seed):
    rng = np.random.default_rng(seed)
    cluster = list(zip(rng.normal(4000, 150, 70), rng.normal(30, 4, 70), strict=True))
    line = list(zip(rng.uniform(0, 15_000, 80), rng.normal(70, 0.6, 80), strict=True))
    assert find_repeats(defects_at(cluster + line + unrelated(rng, 50)), PLAIN) == []


@given(order=st.permutations(range(12)))
def test_the_order_of_the_defects_changes_nothing(order):
    rng = np.random.default_rng(4)
    defects = defects_at(marks(310, turns=range(6)) + unrelated(rng, 40)[:6])
    assert len(defects) == 12
    assert find_repeats([defects[n] for n in order], PLAIN) == find_repeats(defects, PLAIN)


@pytest.mark.parametrize("pitch", [150.0, 628.3, 1500.0])
def test_the_fourth_mark_is_enough(pitch):
    rng = np.random.default_rng(1)
    noise = unrelated(rng, 50, length_mm=4 * pitch)
    found = find_repeats(defects_at(marks(pitch, turns=range(4)) + noise), PLAIN)
    assert pitches(found) == [pytest.approx(pitch, abs=0.01)]


def test_three_marks_are_enough_only_where_hardly_anything_else_lies():
    few = [(9000.0, 10.0), (14_000.0, 80.0)]
    alone = defects_at(marks(1000, turns=range(3)) + few)
    crowd = defects_at(marks(1000, turns=range(3)) + unrelated(np.random.default_rng(0), 500))
    assert pitches(find_repeats(alone, PLAIN)) == [pytest.approx(1000)]
    assert find_repeats(crowd, PLAIN) == []


def test_no_two_marks_are_a_repeat():
    assert find_repeats(defects_at(marks(1000, turns=range(2))), PLAIN) == []


@pytest.mark.parametrize("every", [2, 3])
def test_one_defect_between_the_marks_does_not_halve_the_pitch(every):
    places = [*marks(600, turns=range(8)), (100 + 3 * 600 + 600 / every, 50.0)]
    assert pitches(find_repeats(defects_at(places), PLAIN)) == [pytest.approx(600, abs=0.1)]


def test_turns_that_are_missed_now_and_then_do_not_double_the_pitch():
    found = find_repeats(defects_at(marks(600, turns=[0, 1, 3, 4, 6, 7, 9, 10, 12, 13])), PLAIN)
    assert [(repeat.pitch_mm, len(repeat.marks), repeat.missed) for repeat in found] == [(pytest.approx(600), 10, 4)]


def test_two_rollers_at_one_place_across_the_web_are_told_apart():
    places = marks(287.0, turns=range(40)) + marks(911.7, turns=range(12), start_mm=137.0)
    found = find_repeats(defects_at(places), PLAIN)
    assert sorted(pitches(found)) == [pytest.approx(287.0, abs=0.1), pytest.approx(911.7, abs=0.1)]


def test_marks_of_a_web_that_wanders_are_one_repeat():
    places = [(down, 50 + 4 * np.sin(down / 4000)) for down, _ in marks(500, turns=range(60))]
    found = find_repeats(defects_at(places), PLAIN)
    assert [len(repeat.marks) for repeat in found] == [60]


def test_marks_that_jump_across_the_web_are_no_repeat():
    places = [(down, 50 + 4 * (turn % 2)) for turn, (down, _) in enumerate(marks(500, turns=range(4)))]
    assert find_repeats(defects_at(places), PLAIN) == []


def test_the_error_of_a_pitch_is_what_its_scatter_allows():
    rng = np.random.default_rng(8)
    off = []
    for _ in range(200):
        true = marks(628.3, turns=range(8), jitter=rng.normal(0, 0.1, 8))
        (repeat,) = find_repeats(defects_at(true), PLAIN)
        off.append((repeat.pitch_mm - 628.3) / repeat.pitch_error_mm)
    assert np.std(off) == pytest.approx(np.sqrt(6 / 4), rel=0.3)  # Student's t with 6 degrees of freedom


def test_a_repeat_is_laid_to_the_roller_of_that_circumference():
    rollers = (Roller("coating roll", 628.3), Roller("idler 4", 627.0), Roller("idler 7", 314.2))
    (repeat,) = find_repeats(defects_at(marks(628.1)), RepeatSettings(rollers=rollers))
    assert repeat.roller == "coating roll"
    (unknown,) = find_repeats(defects_at(marks(500.0)), RepeatSettings(rollers=rollers))
    assert unknown.roller is None


def test_a_series_ends_at_a_splice():
    defects = defects_at(marks(500, turns=range(12)))
    found = find_repeats(defects, PLAIN, splices=[(2800.0, 3000.0)])
    assert [(len(repeat.marks), repeat.last_mm < 2800) for repeat in found] == [(6, True), (6, False)]


def test_what_lies_on_a_splice_belongs_to_no_repeat():
    found = find_repeats(defects_at(marks(500, turns=range(5))), PLAIN, splices=[(1000.0, 1400.0)])
    assert found == []


def test_streaks_and_long_defects_are_no_marks():
    streaks = [defect(n, 500.0 * n, kind=Kind.STREAK) for n in range(8)]
    long = [defect(n, 500.0 * n, length_mm=80) for n in range(8)]
    assert find_repeats(streaks, PLAIN) == []
    assert find_repeats(long, PLAIN) == []


def test_looking_again_and_again_makes_a_repeat_less_sure():
    defects = defects_at(marks(500, turns=range(4)))
    (once,), (often,) = find_repeats(defects, PLAIN), find_repeats(defects, PLAIN, windows=10)
    assert often.expected_false == pytest.approx(10 * once.expected_false)


def test_each_mark_is_a_fault_and_the_web_between_is_none():
    repeats = find_repeats(defects_at(marks(500, turns=range(6))), PLAIN)
    faults = repeat_faults(repeats, PLAIN)
    assert [(fault.from_mm, fault.to_mm) for fault in faults] == [
        (pytest.approx(100 + 500 * n - 0.2), pytest.approx(100 + 500 * n + 0.2)) for n in range(6)
    ]
    assert {(fault.cause, fault.lane, fault.severity) for fault in faults} == {(Cause.REPEAT, 1, Severity.MAJOR)}
    assert {fault.why for fault in faults} == {"pinhole repeats every 500.0 mm, 50 mm from the operator side"}


def test_a_hundred_thousand_defects_take_seconds_and_a_flood_is_given_up():
    rng = np.random.default_rng(2)
    roll = defects_at(unrelated(rng, 6600, length_mm=1.5e6, width_mm=1000))
    flood = defects_at(unrelated(rng, 650_000, width_mm=100))
    assert min(len(roll), len(flood)) > 90_000
    begun = time.process_time()
    assert find_repeats(roll, PLAIN) == []
    assert find_repeats(flood, PLAIN) == []
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("longest_pitch_mm = 40", "expected longest_pitch_mm above shortest_pitch_mm 50, got 40"),
        ("down_tolerance_mm = 20", "a quarter of shortest_pitch_mm"),
        ('rollers = [{ name = "", circumference_mm = 300 }]', "expected a name for each roller"),
        ('rollers = [{ name = "a", circumference_mm = 0 }]', "repeats.rollers.0.circumference_mm"),
        (
            'rollers = [{ name = "a", circumference_mm = 1 }, { name = "a", circumference_mm = 2 }]',
            "got 2 named a: rename them",
        ),
        ('rollers = [{ name = "a", circumfrence_mm = 1 }]', "did you mean repeats.rollers.0.circumference_mm"),
    ],
)
def test_a_recipe_that_finds_nothing_or_anything_is_refused(text, told):
    with pytest.raises(RecipeError) as problem:
        parse_recipe(f'name = "a"\nversion = 1\n[repeats]\n{text}')
    assert told in str(problem.value)


def test_no_more_false_repeats_are_found_than_the_settings_allow():
    lenient = RepeatSettings(false_per_roll=1.0)
    webs = [defects_at(unrelated(np.random.default_rng(seed), 500)) for seed in range(300)]
    assert sum(len(find_repeats(web, lenient)) for web in webs) <= len(webs) * lenient.false_per_roll
