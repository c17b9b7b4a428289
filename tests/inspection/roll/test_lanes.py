"""Lane plans: what is refused, and how lanes get their numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.defect import Severity
from inspection.errors import RecipeError
from inspection.recipe import parse_recipe
from inspection.roll.lanes import LaneSettings, PlannedLane, number_lanes

HEAD = 'name = "cathode"\nversion = 7\n'
TWO = "[[lanes.plan]]\nleft_mm = 8\nwidth_mm = 90\n[[lanes.plan]]\nleft_mm = 105\nright_mm = 196\n"
PLAN = (PlannedLane(10, 100), PlannedLane(110, 200), PlannedLane(210, 300))


def test_a_recipe_tells_lanes_and_tolerances() -> None:
    text = (
        '[lanes.width]\nmm = 0.5\nseverity = "critical"\n[lanes.waviness]\nlargest_mm = 0.05\n'
        "[lanes.patch]\nlength_mm = 62\ntolerance_mm = 0.5\n"
    )
    lanes = parse_recipe(HEAD + TWO + text).lanes
    assert [lane.edges_mm for lane in lanes.plan] == [(8, 98), (105, 196)]
    assert lanes.planned_gap_mm(1) == 7
    assert lanes.planned_gap_mm(2) is None
    assert (lanes.width.mm, lanes.width.severity) == (0.5, Severity.CRITICAL)
    assert (lanes.position.mm, lanes.patch.length_mm, lanes.skip.length_mm) == (None, 62, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[lanes.plan]]\nleft_mm = 8\nwidth_mm = 99\n[[lanes.plan]]\nleft_mm = 105\nright_mm = 196", "they overlap"),
        ("[[lanes.plan]]\nleft_mm = 105\nwidth_mm = 9\n[[lanes.plan]]\nleft_mm = 8\nright_mm = 96", "lanes apart"),
        ("[[lanes.plan]]\nleft_mm = 8", "got neither: give one"),
        ("[[lanes.plan]]\nleft_mm = 8\nright_mm = 10\nwidth_mm = 2", "got both: give one"),
        ("[[lanes.plan]]\nleft_mm = 8\nright_mm = 8", "ends right of where it begins"),
        ("[[lanes.plan]]\nleft_mm = nan\nwidth_mm = 8", "ends right of where it begins"),
        ("[[lanes.plan]]\nleft_mm = 8\nwidht_mm = 8", "did you mean lanes.plan.0.width_mm"),
        (TWO + "[lanes.width]\nmm = -0.5", "expected a tolerance of 0 mm or more, got -0.5"),
        (TWO + "[lanes.width]\nm = 0.5", "did you mean lanes.width.mm"),
        (TWO + "[lanes.gap]\nmm = inf", "expected a tolerance of 0 mm or more, got inf"),
        ("[lanes.waviness]\nlargest_mm = -1", "expected largest_mm of 0 mm or more"),
        ("[lanes.position]\nmm = 0.5", "expected a lane plan with a tolerance of position, got 0 planned lanes"),
        ("[[lanes.plan]]\nleft_mm = 8\nwidth_mm = 9\n[lanes.gap]\nmm = 0.5", "tolerance of gap, got 1 planned"),
        ("[lanes.skip]\nlength_mm = 14", "expected length_mm and tolerance_mm together"),
        ("[lanes.patch]\nlength_mm = 14\ntolerance_mm = -1", "expected tolerance_mm of 0 mm or more"),
    ],
)
def test_what_no_web_can_be_held_to_is_refused_in_one_sentence(text, told) -> None:
    with pytest.raises(RecipeError, match=told) as problem:
        parse_recipe(HEAD + text, "my.toml")
    assert str(problem.value).startswith("my.toml: ")
    assert "\n" not in str(problem.value)


def test_without_a_plan_numbers_follow_the_order() -> None:
    assert number_lanes([(5, 9), (12, 16)], ()) == [1, 2]


@pytest.mark.parametrize(
    ("extents", "numbers"),
    [
        ([(10, 100), (110, 200)], [1, 2]),
        ([(112, 203), (208, 299)], [2, 3]),
        ([(150, 200), (210, 260)], [2, 3]),
        ([(95, 180)], [2]),
        ([(110, 150), (152, 200)], [4, 2]),
        ([(400, 500)], [4]),
        ([(-60, 5), (10, 100), (400, 410)], [4, 1, 5]),
    ],
)
def test_a_lane_is_the_planned_one_that_it_shares_most_with(extents, numbers) -> None:
    assert number_lanes(extents, PLAN) == numbers


@given(st.lists(st.tuples(st.floats(-50, 350), st.floats(0.1, 200)), min_size=1, max_size=6))
def test_no_two_lanes_of_a_frame_bear_one_number(places) -> None:
    numbers = number_lanes([(left, left + width) for left, width in places], PLAN)
    assert len(set(numbers)) == len(places)
    assert min(numbers) >= 1


def test_a_lane_beyond_the_plan_has_no_place_in_it() -> None:
    settings = LaneSettings(plan=PLAN)
    assert settings.planned(3) == (210, 300)
    assert settings.planned(4) is None
    assert settings.planned(0) is None
