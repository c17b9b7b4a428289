"""Recipes: TOML in, settings out, and no typing mistake goes unnoticed."""

from dataclasses import fields, is_dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inspection.defect import Kind, Severity
from inspection.errors import RecipeError
from inspection.recipe import Recipe, default_recipe, load_recipe, parse_recipe
from inspection.verdict import KindRule, Limit, Verdict

HEAD = 'name = "cathode"\nversion = 7\n'
FULL = (
    HEAD
    + """
[frame_checks]
lowest_lamp = 0.7
[flat_field]
largest_flicker = 0.02
[web]
search_mm = 2.5
[screening]
sensitivity = 0.9
[segmentation]
largest_flagged_share = 0.4
[regions]
most = 150
[classification]
unknown_below = 0.6
[verdict]
minor = "pass"
review_below = 0.9
[verdict.kinds.stain]
severity = "major"
limits = [{ measure = "area_mm2", above = 3.5, severity = "critical" }]
"""
)


def test_every_stage_takes_its_settings_from_its_heading() -> None:
    recipe = parse_recipe(FULL)
    assert (recipe.name, recipe.version) == ("cathode", 7)
    assert (recipe.ref.name, recipe.ref.version) == ("cathode", 7)
    assert recipe.frame_checks.lowest_lamp == 0.7
    assert recipe.flat_field.largest_flicker == 0.02
    assert recipe.web.search_mm == 2.5
    assert recipe.screening.sensitivity == 0.9
    assert recipe.segmentation.largest_flagged_share == 0.4
    assert recipe.regions.most == 150
    assert recipe.classification.unknown_below == 0.6
    assert recipe.verdict.minor is Verdict.PASS
    assert recipe.verdict.rule(Kind.STAIN) == KindRule(Severity.MAJOR, (Limit("area_mm2", 3.5, Severity.CRITICAL),))


def test_what_a_recipe_leaves_out_keeps_its_default() -> None:
    recipe, plain = parse_recipe(FULL), default_recipe()
    assert recipe.verdict.rule(Kind.CRACK) == plain.verdict.rule(Kind.CRACK)
    assert recipe.web.guard_px == plain.web.guard_px
    assert parse_recipe('name = "default"\nversion = 1') == plain


def test_a_recipe_is_read_from_its_file(tmp_path) -> None:
    path = tmp_path / "cathode.toml"
    path.write_text(FULL)
    assert load_recipe(path) == parse_recipe(FULL)


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("versoin = 3\n" + HEAD, "versoin", "version"),
        (HEAD + "[screning]\nsensitivity = 1", "screning", "screening"),
        (HEAD + "[screening]\nsensitvity = 1", "screening.sensitvity", "screening.sensitivity"),
        (HEAD + "[web]\nsearch = 1", "web.search", "web.search_mm"),
        (HEAD + '[verdict.kinds.crack]\nseverty = "minor"', "verdict.kinds.crack.severty", "severity"),
        (
            HEAD + '[[verdict.kinds.crack.limits]]\nmeasure = "area_mm2"\nabov = 1\nseverity = "minor"',
            "limits.0.abov",
            "above",
        ),
    ],
)
def test_a_misspelt_key_is_named_with_the_nearest_right_one(text, wrong, right) -> None:
    with pytest.raises(RecipeError) as problem:
        parse_recipe(text, "my.toml")
    assert "my.toml" in str(problem.value)
    assert f"{wrong}:" in str(problem.value)
    assert f"{right}?" in str(problem.value)


def test_a_key_like_no_other_is_answered_with_all_that_are_known() -> None:
    with pytest.raises(RecipeError, match=r"known are .*largest_flagged_share"):
        parse_recipe(HEAD + "[segmentation]\nzzz = 1")


def stage_keys():
    stages = [item for item in fields(Recipe) if is_dataclass(item.default_factory)]
    return [(stage.name, key.name) for stage in stages for key in fields(stage.default_factory)]


@pytest.mark.parametrize(("stage", "key"), stage_keys())
@given(letter=st.integers(0, 30), replacement=st.sampled_from("xqj9"))
def test_no_key_of_any_stage_may_have_a_wrong_letter(stage, key, letter, replacement) -> None:
    place = letter % len(key)
    wrong = key[:place] + replacement + key[place + 1 :]
    assume(wrong != key)
    with pytest.raises(RecipeError, match=rf"unknown key {stage}\.{wrong}: did you mean {stage}\.{key}\?"):
        parse_recipe(f"{HEAD}[{stage}]\n{wrong} = 1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + '[screening]\nsensitivity = "high"', "screening.sensitivity"),
        (HEAD + "[regions]\nmost = 1.5", "regions.most"),
        (HEAD + "regions = 3", "regions"),
        (HEAD + '[verdict]\nminor = "hold"', "expected pass, warn or reject"),
        (HEAD + "[verdict]\nreview_below = 2", "expected review_below from 0 to 1"),
        (HEAD + '[verdict.kinds.hole]\nseverity = "minor"', "verdict.kinds.hole"),
        (HEAD + '[verdict.kinds.crack]\nseverity = "bad"', "verdict.kinds.crack.severity"),
        (HEAD + "[verdict.kinds.crack]", "verdict.kinds.crack.severity"),
        (
            HEAD + '[verdict.kinds.crack]\nseverity = "minor"\n'
            'limits = [{ measure = "area_mm2", above = nan, severity = "major" }]',
            "expected a limit of 0 or more for area_mm2",
        ),
        ('name = "x"', "version"),
        ('version = "x"\nname = "x"', "version"),
        ("", "name"),
        ("name = [", "expected TOML"),
    ],
)
def test_a_wrong_value_is_refused_and_its_place_is_named(text, told) -> None:
    with pytest.raises(RecipeError, match=told):
        parse_recipe(text)


@pytest.mark.parametrize("verdict", ['minor = "hold"', "review_below = 2"])
def test_a_refused_limit_names_its_file(verdict) -> None:
    with pytest.raises(RecipeError, match=r"my\.toml"):
        parse_recipe(f"{HEAD}[verdict]\n{verdict}", "my.toml")


@given(st.text(max_size=60))
def test_any_text_is_refused_by_the_name_of_its_source_or_is_a_recipe(text) -> None:
    try:
        recipe = parse_recipe(text)
    except RecipeError as problem:
        recipe, told = None, str(problem)
    assert isinstance(recipe, Recipe) or told.startswith("recipe: ")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_a_recipe_error(tmp_path, content) -> None:
    path = tmp_path / "lost.toml"
    if content:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"lost\.toml"):
        load_recipe(path)
