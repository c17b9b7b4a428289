"""The report of a roll that has something of everything: what is judged elsewhere stands in it, in order."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from databases import Database
from markupsafe import escape
from records import NOON
from rolls_by_hand import RollByHand, defect, writing

from inspection.roll.alarms import Alarm, AlarmCause
from inspection.roll.factors import built_in
from service.roll_report.page import report_html
from service.store.entries import stamp
from service.store.roll_alarms import write_alarm

HOSTILE = "<script>alert(1)</script>'&{{7*7}}"
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
    assert re.search(r"width 200(\.0+)? mm, expected 190(\.0+)? ± 5", words), words[words.find("Out of tol") :][:300]


def test_estimates_stand_with_their_sources(page: str) -> None:
    assert all(factor.source.split(",")[0][:20] in page for factor in vars(built_in()["default"]).values())


def test_what_plants_write_into_recipes_factors_and_alarms_stays_text(tmp_path) -> None:
    recipe = RECIPE.replace('"idler 4"', f'"""{HOSTILE}"""')
    ours = built_in()["default"]
    factors = {"default": replace(ours, material=replace(ours.material, source=HOSTILE))}
    with writing(Database(tmp_path)) as connection:
        roll = RollByHand(connection)
        roll.open(recipe_text=recipe)
        roll.see(range(60))
        roll.find(*(defect(turn, turn + 0.002, "minor", "pinhole") for turn in range(40, 48)))
        alarm = Alarm(AlarmCause.STREAK, "cam-1", 1, 4e3, 5e3, HOSTILE, {})
        write_alarm(connection, "R1", alarm, stamp(NOON))
        page = report_html(connection, "R1", factors, "2030-01-01T08:00:00.000+00:00")
    assert "<script" not in page
    assert page.count(str(escape(HOSTILE))) >= 3


def test_a_roll_of_any_size_has_a_report_of_a_few_pages(tmp_path) -> None:
    with writing(Database(tmp_path)) as connection:
        roll = RollByHand(connection)
        roll.open(recipe_text=RECIPE)
        roll.see(range(3000), lanes=[(n, 20.0 * n, 20.0 * n + 15) for n in range(1, 41)])
        for metre in range(0, 3000, 10):
            roll.measure([(n, 20.0 * n, 20.0 * n + 15 + metre % 7) for n in range(1, 41)], metre=metre)
        roll.find(*(defect(n, n + 0.5, "critical", "scratch", lane=n % 40 + 1) for n in range(0, 3000, 2)))
        for n in range(200):
            write_alarm(connection, "R1", Alarm(AlarmCause.STREAK, "cam-1", 1, n * 1e3, 5e3, "told", {}), stamp(NOON))
        page = report_html(connection, "R1", built_in(), "2030-01-01T08:00:00.000+00:00")
    assert len(page) < 600_000
    assert page.count("<tr") < 400
    assert "Shown: 40 of" in page
    assert "Shown: the first 30" in page
