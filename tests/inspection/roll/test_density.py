"""Density against a count by hand, and while the web runs the same as afterwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_defects import defect

from inspection.defect import Kind, Severity
from inspection.errors import RecipeError
from inspection.recipe import parse_recipe
from inspection.roll.density import DensityRule, DensitySettings, RecentDensity, density_faults
from inspection.roll.fault import Cause

WIDTHS = {1: 100.0, 2: 200.0}
PER_M = DensityRule("per_m", 4, 500, Severity.MAJOR)
IN_A_ROW = DensityRule("in_a_row", 3, 50, Severity.CRITICAL)


def by(*rules) -> DensitySettings:
    return DensitySettings(rules)


def at(*begins_mm, lane: int | None = 1, kind=Kind.PINHOLE):
    return [defect(n, begin + 0.5, length_mm=1, lane=lane, kind=kind) for n, begin in enumerate(begins_mm, 1)]


def stretches(faults) -> list[tuple[float, float]]:
    return [(fault.from_mm, fault.to_mm) for fault in faults]


def crowded_by_hand(begins, needed, within_mm) -> set[float]:
    """Every place that some window with enough places covers."""
    return {
        place
        for low in begins
        for place in begins
        if low <= place <= low + within_mm and sum(low <= one <= low + within_mm for one in begins) >= needed
    }


places = st.lists(st.integers(0, 4000).map(float), min_size=0, max_size=60, unique=True)


@given(begins=places)
def test_what_is_crowded_per_metre_is_what_a_count_in_every_window_says(begins):
    faults = density_faults(at(*begins), by(PER_M), {})
    inside = {begin for begin in begins if any(low <= begin < high for low, high in stretches(faults))}
    assert inside == crowded_by_hand(begins, 3, 500)


@given(begins=places, late=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_while_the_web_runs_the_same_is_crowded_as_afterwards(begins, late):
    rules = by(PER_M, IN_A_ROW)
    defects = sorted(at(*begins), key=lambda one: one.from_mm)
    recent, told = RecentDensity(rules), []
    for n in range(0, len(defects), 3):
        frame = defects[n : n + 3]
        late.shuffle(frame)
        told += [crowd.fault for crowd in recent.take(frame, {})]
    for fault in density_faults(defects, rules, {}):
        own = [one for one in told if one.severity is fault.severity]
        covered = {d.from_mm for d in defects if any(one.from_mm <= d.from_mm < one.to_mm for one in own)}
        assert {d.from_mm for d in defects if fault.from_mm <= d.from_mm < fault.to_mm} <= covered
    whole = density_faults(defects, rules, {})
    for one in told:
        assert any(f.from_mm <= one.from_mm and one.to_mm <= f.to_mm and f.severity is one.severity for f in whole)


def test_a_limit_per_area_asks_for_as_many_more_as_a_lane_is_wider():
    rule = by(DensityRule("per_m2", 30, 1000, Severity.MAJOR))
    four = [100.0, 200.0, 300.0, 400.0]
    assert stretches(density_faults(at(*four, lane=1), rule, WIDTHS)) == [(100, 401)]
    assert density_faults(at(*four, lane=2), rule, WIDTHS) == []


def test_a_lane_of_unknown_width_is_as_narrow_as_the_narrowest_and_bare_foil_has_no_area():
    rule = by(DensityRule("per_m2", 30, 1000, Severity.MAJOR))
    four = [100.0, 200.0, 300.0, 400.0]
    assert len(density_faults(at(*four, lane=3), rule, WIDTHS)) == 1
    assert density_faults(at(*four, lane=3), rule, {}) == []
    assert density_faults(at(*four, lane=None), rule, WIDTHS) == []


def test_lanes_are_counted_each_by_itself_and_bare_foil_is_one():
    rule = by(DensityRule("per_m", 3, 1000, Severity.MAJOR))
    assert density_faults(at(1, 2, lane=1) + at(3, 4, lane=2), rule, {}) == []
    (fault,) = density_faults(at(1, 2, 3, 4, lane=None), rule, {})
    assert (fault.lane, fault.cause) == (None, Cause.DENSITY)


def test_a_rule_for_one_kind_counts_no_other_and_no_event_is_a_defect():
    rule = by(DensityRule("per_m", 3, 1000, Severity.MAJOR, Kind.BLISTER))
    assert density_faults(at(1, 2, 3, 4), rule, {}) == []
    assert len(density_faults(at(1, 2, 3, 4, kind=Kind.BLISTER), rule, {})) == 1
    assert density_faults(at(1, 2, 3, 4, kind=Kind.SPLICE), by(DensityRule("per_m", 3, 1000, Severity.MAJOR)), {}) == []


def test_a_row_is_as_long_as_its_defects_are_near_each_other():
    faults = density_faults(at(0, 50, 90, 140, 200, 240, 280), by(IN_A_ROW), {})
    assert stretches(faults) == [(0, 141)]
    assert faults[0].why == ("4 defects on 141 mm on lane 1: more than 3 in a row, each within 50 mm of the one before")


def test_a_defect_that_grows_counts_once():
    recent = RecentDensity(by(PER_M))
    for length in (1, 40, 80):
        assert recent.take([defect(1, 100 + length / 2, length_mm=length)], {}) == []
    assert recent.take(at(300)[:1], {}) == []  # the same identity, somewhere else


def test_what_is_kept_does_not_grow_with_the_roll():
    recent = RecentDensity(by(PER_M, IN_A_ROW))
    for n in range(3000):
        recent.take([defect(n, 600.0 * n)], {})
    kept = [len(latest._places) for _, lanes in recent._kept for latest in lanes.values()]
    assert max(kept) <= 16


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('rules = [{ measure = "in_a_row", above = 0, within_mm = 5, severity = "minor" }]', "a row of at least 2"),
        ('rules = [{ measure = "per_m", above = -1, within_mm = 5, severity = "minor" }]', "density.rules.0.above"),
        ('rules = [{ measure = "per_km", above = 1, within_mm = 5, severity = "minor" }]', "density.rules.0.measure"),
        ('rules = [{ measure = "per_m", abov = 1 }]', "did you mean density.rules.0.above"),
        (
            'rules = [{ measure = "per_m", above = 1, within_mm = 5, severity = "minor" }, '
            '{ measure = "per_m", above = 1, within_mm = 5, severity = "major" }]',
            "each density rule once",
        ),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(text, told):
    with pytest.raises(RecipeError) as problem:
        parse_recipe(f'name = "a"\nversion = 1\n[density]\n{text}')
    assert told in str(problem.value)
