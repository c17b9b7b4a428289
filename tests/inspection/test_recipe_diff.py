"""What differs between two recipes, by key and with defaults filled in."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from recipes import recipes, with_rule

from inspection.defect import Kind, Severity
from inspection.limits import KindRule, Limit
from inspection.recipe import Recipe, default_recipe, parse_recipe
from inspection.recipe_diff import STRICTER_WHEN_HIGHER, STRICTER_WHEN_LOWER, Stance, headings_changed, recipe_diff
from inspection.recipe_keys import keys_of, settings_in
from inspection.zones import Zone

DEFAULT = default_recipe()
HEAD = 'name = "default"\nversion = 1\n'


def lines(before: Recipe, after: Recipe) -> list[tuple[str, Stance]]:
    return [(str(change), change.stance) for change in recipe_diff(before, after)]


@settings(max_examples=40, deadline=None)
@given(recipes)
def test_a_recipe_does_not_differ_from_itself(recipe: Recipe) -> None:
    assert recipe_diff(recipe, recipe) == ()
    assert headings_changed(recipe, recipe) == frozenset()


@settings(max_examples=40, deadline=None)
@given(recipes, recipes)
def test_what_is_stricter_one_way_is_looser_the_other(one: Recipe, other: Recipe) -> None:
    there = {change.key: change for change in recipe_diff(one, other)}
    back = {change.key: change for change in recipe_diff(other, one)}
    turned = {Stance.STRICTER: Stance.LOOSER, Stance.LOOSER: Stance.STRICTER, Stance.OTHER: Stance.OTHER}
    assert there.keys() == back.keys()
    for key, change in there.items():
        assert (change.before, change.after) == (back[key].after, back[key].before)
        assert turned[change.stance] is back[key].stance


def test_what_is_written_out_as_its_default_is_no_difference() -> None:
    same = parse_recipe(HEAD + '[verdict]\nminor = "warn"\n[verdict.kinds.stain]\nseverity = "minor"\n')
    assert recipe_diff(DEFAULT, same) == ()


@pytest.mark.parametrize(
    ("text", "told", "stance"),
    [
        ("[screening]\nsensitivity = 2", "screening.sensitivity: 1 -> 2", Stance.STRICTER),
        ("[frame_checks]\nlowest_focus = 0.4", "frame_checks.lowest_focus: 0.5 -> 0.4", Stance.LOOSER),
        ("[verdict]\nminor = 'pass'", "verdict.minor: warn -> pass", Stance.LOOSER),
        ("[verdict]\nreview_unlike_above = 3", "verdict.review_unlike_above: not set -> 3", Stance.STRICTER),
        ("[regions]\nreach = 0.5", "regions.reach: 0.35 -> 0.5", Stance.OTHER),
        ("[verdict.kinds.stain]\nseverity='major'", "verdict.kinds.stain.severity: minor -> major", Stance.STRICTER),
        (
            "[verdict.kinds.pinhole]\nseverity='minor'",
            "verdict.kinds.pinhole.limits.per_m2.major: 2000 -> not set",
            Stance.LOOSER,
        ),
    ],
)
def test_a_change_is_told_by_its_key_old_and_new(text: str, told: str, stance: Stance) -> None:
    assert lines(DEFAULT, parse_recipe(HEAD + text)) == [(told, stance)]


def test_limits_are_compared_by_what_they_are_about_and_not_by_their_place() -> None:
    area, edge = Limit("area_mm2", 2, Severity.MAJOR), Limit("area_mm2", 1, Severity.MAJOR, Zone.EDGE)
    one = with_rule(Kind.STAIN, KindRule(Severity.MINOR, (area, edge)))
    assert recipe_diff(one, with_rule(Kind.STAIN, KindRule(Severity.MINOR, (edge, area)))) == ()
    lower = with_rule(Kind.STAIN, KindRule(Severity.MINOR, (area, replace(edge, above=0.5))))
    assert lines(one, lower) == [("verdict.kinds.stain.limits.area_mm2.edge.major: 1 -> 0.5", Stance.STRICTER)]


def test_headings_that_differ_are_named() -> None:
    other = parse_recipe(HEAD + '[screening]\nsensitivity = 2\n[verdict]\nminor = "pass"')
    assert headings_changed(DEFAULT, other) == {"screening", "verdict"}


def test_changes_stand_in_the_order_of_the_recipe() -> None:
    other = parse_recipe('name = "other"\nversion = 2\n[verdict]\nminor = "pass"\n[web]\nguard_px = 7\n')
    assert [change.key for change in recipe_diff(DEFAULT, other)] == [
        "name",
        "version",
        "web.guard_px",
        "verdict.minor",
    ]


@pytest.mark.parametrize("key", sorted(STRICTER_WHEN_HIGHER | STRICTER_WHEN_LOWER))
def test_a_key_of_which_it_is_known_which_way_is_stricter_is_one(key: str) -> None:
    stage: type | None = Recipe
    for name in key.split("."):
        assert stage is not None
        stage = settings_in(keys_of(stage)[name].hint)
    assert stage is None


def test_cutting_out_only_what_is_worse_is_looser() -> None:
    ((_, stance),) = lines(DEFAULT, parse_recipe(HEAD + '[roll]\ncut_from = "critical"\n'))
    assert stance is Stance.LOOSER
