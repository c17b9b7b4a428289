"""Checking a recipe tells everything that is wrong with it, and which rules can never fire."""

import re
from pathlib import Path

import pytest

from inspection.defect import Kind
from inspection.recipe_check import check_recipe
from inspection.recipe_text import example

HEAD = 'name = "cathode"\nversion = 7\n'


def told(text: str) -> list[str]:
    return [str(problem) for problem in check_recipe(text).problems]


def warned(text: str) -> list[str]:
    check = check_recipe(HEAD + text)
    assert check.problems == ()
    return [warning.key for warning in check.warnings]


def test_every_problem_is_told_and_not_only_the_first() -> None:
    problems = told(
        'nmae = "x"\nversion = 0\n[screening]\nsensitivity = 99\n[verdict]\nminor = "wran"\nreview_bellow = 0.5\n'
        '[verdict.kinds.pinhol]\nseverity = "minor"\n[verdict.kinds.crack]\nseverity = "majr"\n'
        'limits = [{ measure = "area", above = 1, severity = "major", zone = "edg" }]\n'
        "[costs.kinds.crack]\nescape = -1\noverkill = 1\ndetection_rate = 2\nfalse_rate = 0\n"
    )
    expected = [
        "unknown key nmae: did you mean name?",
        "unknown key verdict.review_bellow: did you mean verdict.review_below?",
        "name: expected 1 to 64 letters, digits, full stops, underscores, dashes, got nothing: add it",
        "version: expected a whole number from 1 to 2147483647, got 0",
        "screening.sensitivity: expected a number from 0.1 to 10, got 99",
        "verdict.minor: expected pass, warn or reject, got 'wran': did you mean warn?",
        "verdict.kinds.crack.severity: expected minor, major or critical, got 'majr': did you mean major?",
        "costs.kinds.crack.escape: expected a number from 0 to 1000000000000, got -1",
        "costs.kinds.crack.detection_rate: expected a number above 0 to 1, got 2",
    ]
    assert [line for line in expected if line not in problems] == []
    assert any(line.endswith("got 'pinhol': did you mean pinhole?") for line in problems)
    assert any(line.endswith("got 'area': did you mean area_mm2?") for line in problems)
    assert any(line.endswith("got 'edg': did you mean edge?") for line in problems)
    assert len(problems) == 12


def test_a_misspelt_key_in_a_rule_or_a_cost_is_named_with_the_nearest_right_one() -> None:
    assert told(HEAD + '[verdict.kinds.crack]\nseverity = "major"\nlimit = []') == [
        "unknown key verdict.kinds.crack.limit: did you mean verdict.kinds.crack.limits?"
    ]
    (problem,) = told(
        HEAD + "[costs.kinds.crack]\nescape = 1\noverkill = 1\ndetection_rate = 1\nfalse_rate = 0\nescap = 1"
    )
    assert problem == "unknown key costs.kinds.crack.escap: did you mean costs.kinds.crack.escape?"


@pytest.mark.parametrize(("text", "line"), [("name = [", 1), (HEAD + "[web\n", 3), (HEAD + "a = 1\na = 2\n", 4)])
def test_what_is_no_toml_is_told_with_its_line(text: str, line: int) -> None:
    (problem,) = told(text)
    assert problem.startswith("expected TOML")
    assert f"line {line}," in problem or "end of document" in problem


def test_a_recipe_without_problems_is_given_back_and_the_example_warns_of_nothing() -> None:
    check = check_recipe(example())
    assert check.recipe is not None
    assert check.problems == check.warnings == ()


RULE = '[verdict.kinds.stain]\nseverity = "minor"\nlimits = [{}]'
LOW = '{ measure = "area_mm2", above = 1, severity = "critical" }'


@pytest.mark.parametrize(
    ("limits", "idle"),
    [
        (['{ measure = "area_mm2", above = 1, severity = "minor" }'], [0]),
        ([LOW, '{ measure = "area_mm2", above = 5, severity = "major" }'], [1]),
        (['{ measure = "area_mm2", above = 5, severity = "critical" }', LOW], [0]),
        ([LOW, LOW], [1]),
        ([LOW, '{ measure = "area_mm2", above = 0.5, severity = "major" }'], []),
        ([LOW, '{ measure = "length_mm", above = 5, severity = "critical" }'], []),
        ([LOW, '{ measure = "area_mm2", above = 5, severity = "critical", zone = "edge" }'], [1]),
        (['{ measure = "area_mm2", above = 1, severity = "critical", zone = "edge" }', LOW.replace("1", "5", 1)], []),
        (
            [
                '{ measure = "per_m2", above = 5, severity = "major" }',
                '{ measure = "per_m2", above = 9, severity = "major", zone = "edge" }',
            ],
            [],
        ),
    ],
)
def test_limits_that_never_decide_are_warned_of(limits: list[str], idle: list[int]) -> None:
    assert warned(RULE.format(", ".join(limits))) == [f"verdict.kinds.stain.limits.{number}" for number in idle]


def test_a_rule_for_an_event_and_a_worse_severity_judged_more_mildly_are_warned_of() -> None:
    assert warned('[verdict.kinds.splice]\nseverity = "major"') == [f"verdict.kinds.{Kind.SPLICE}"]
    assert warned('[verdict]\ncritical = "warn"') == ["verdict.critical"]
    assert warned('[verdict]\nminor = "reject"\nmajor = "pass"\ncritical = "reject"') == ["verdict.major"]


def test_the_recipe_in_the_readme_is_one_and_all_its_rules_may_fire() -> None:
    page = (Path(__file__).parents[2] / "inspection" / "README.md").read_text()
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    check = check_recipe(text)
    assert (check.problems, check.warnings) == ((), ())
