"""The report of a roll that has something of everything: what is judged elsewhere stands in it, in order."""

import re
from collections.abc import Iterator

import pytest
from databases import Database
from rolls_by_hand import RollByHand, defect, writing

from inspection.roll.factors import built_in
from service.roll_report.page import report_html

RECIPE = """
name = "made"
version = 3
[[lanes.plan]]
left_mm = 100
width_mm = 190
[[lanes.plan]]
left_mm = 320
width_mm = 200
[lanes.width]
mm = 5
[[repeats.rollers]]
name = "idler 4"
circumference_mm = 1000
"""


@pytest.fixture
def page(tmp_path) -> Iterator[str]:
    with writing(Database(tmp_path)) as connection:
        roll = RollByHand(connection)
        roll.open(recipe_text=RECIPE)
        roll.see([*range(100), *range(105, 110)])
        roll.measure()
        roll.find(*(defect(turn, turn + 0.002, "minor", "pinhole") for turn in range(40, 48)))
        roll.find(defect(60, 63, kind="streak", left_mm=400, right_mm=401, lane=2))
        roll.close()
        yield report_html(connection, "R1", built_in(), "2030-01-01T08:00:00.000+00:00")


def test_sections_stand_in_the_order_in_which_people_ask(page: str) -> None:
    headings = re.findall(r"<h2>([^<]+?) *<", page)
    assert headings[:3] == ["Verdict", "Cut list", "Map"]
    assert headings.index("Lanes") < headings.index("Repeats") < headings.index("Not inspected")
    assert page.index(">Capability<") < page.index("control charts")


def test_what_is_wrong_is_told_with_its_reason(page: str) -> None:
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert "idler 4" in words
    assert "critical streak" in words
    assert "not inspected" in words
    assert re.search(r"width 200(\.0+)? mm, expected 190(\.0+)? \+- 5", words), words[words.find("Out of tol") :][:300]


def test_estimates_stand_with_their_sources(page: str) -> None:
    assert all(factor.source.split(",")[0][:20] in page for factor in vars(built_in()["default"]).values())
