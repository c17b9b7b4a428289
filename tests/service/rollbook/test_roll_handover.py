"""The hand-over of rolls in the store: per lane, in metres of the next machine, as JSON and as CSV."""

import csv
import io
from collections.abc import Iterator

import pytest
from databases import Database
from rolls_by_hand import RollByHand, defect, writing

from inspection.roll.handover import Rewinding
from service.errors import UnknownLane
from service.rollbook.handover import COLUMNS, Handover, as_csv, handover


@pytest.fixture
def roll(tmp_path) -> Iterator[RollByHand]:
    with writing(Database(tmp_path)) as connection:
        made = RollByHand(connection, 'R"1, ä')
        made.open()
        made.see(range(100))
        made.measure()
        made.close()
        made.find(defect(40, 40.002), defect(42, 42.001, "major", "scratch", lane=2, left_mm=330, right_mm=331))
        yield made


def handed(roll: RollByHand, rewinding: Rewinding | None = None, **more) -> Handover:
    return handover(roll.connection, roll.roll_id, rewinding or Rewinding(), **more)


def rows(told: Handover) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(told), newline="")))


def test_each_lane_is_handed_over_with_its_verdict_its_length_and_its_cuts(roll) -> None:
    told = handed(roll)
    assert [(lane.lane, lane.verdict, lane.length_m, lane.width_mm) for lane in told.lanes] == [
        (1, "warn", 100.0, 200.0),
        (2, "warn", 100.0, 200.0),
    ]
    assert [(cut.from_m, cut.to_m) for lane in told.lanes for cut in lane.cuts] == [(39.9, 40.102), (41.9, 42.101)]
    assert [lane.defects for lane in told.lanes] == [(), ()]


def test_a_rewound_roll_without_its_head_counts_from_its_end(roll) -> None:
    told = handed(roll, Rewinding(head_cut_mm=10_000, reverse=True), with_defects=True, lane=2)
    assert [lane.lane for lane in told.lanes] == [2]
    assert (told.lanes[0].length_m, told.counted_from) == (90.0, "the coated end")
    (mark,) = told.lanes[0].defects
    assert (mark.from_m, mark.to_m, mark.left_mm, mark.right_mm, mark.why) == (
        57.999,
        58.0,
        10.0,
        11.0,
        ("major scratch",),
    )


def test_a_lane_that_the_roll_has_not_is_told_which_it_has(roll) -> None:
    with pytest.raises(UnknownLane, match="expected a lane of the roll, which has 1, 2, got 3"):
        handed(roll, lane=3)


def test_the_csv_is_rfc_4180_and_names_roll_recipe_and_where_it_counts_from_on_every_line(roll) -> None:
    text = as_csv(handed(roll, Rewinding(head_cut_mm=2500), with_defects=True))
    assert text.count("\r\n") == text.count("\n") == len(text.splitlines())
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert text.splitlines()[1] == (
        '"R""1, ä",default,1,the coated start without 2.5 m cut off,1,lane,0.0000,97.5000,0.000,200.000,warn'
    )
    told = rows(handed(roll, Rewinding(head_cut_mm=2500), with_defects=True))
    assert {row["roll"] for row in told} == {'R"1, ä'}
    assert [(row["lane"], row["what"], row["from_m"], row["why"]) for row in told] == [
        ("1", "lane", "0.0000", "warn"),
        ("1", "cut", "37.4000", "critical bare_spot"),
        ("1", "defect", "37.5000", "critical bare_spot"),
        ("2", "lane", "0.0000", "warn"),
        ("2", "cut", "39.4000", "major scratch"),
        ("2", "defect", "39.5000", "major scratch"),
    ]


def test_every_defect_that_is_told_lies_in_a_cut_of_its_lane(roll) -> None:
    roll.find(*(defect(10 * n, 10 * n + 0.1, lane=n % 2 + 1, left_mm=100 + 220 * (n % 2)) for n in range(10)))
    told = handed(roll, Rewinding(head_cut_mm=5000, tail_cut_mm=7000, reverse=True, stretch=1.01), with_defects=True)
    marks = [(lane, mark) for lane in told.lanes for mark in lane.defects]
    assert len(marks) >= 10
    assert all(any(c.from_m <= m.from_m and m.to_m <= c.to_m for c in lane.cuts) for lane, m in marks)


def test_a_roll_without_lanes_is_handed_over_whole(tmp_path) -> None:
    with writing(Database(tmp_path / "other")) as connection:
        roll = RollByHand(connection)
        roll.open()
        roll.see(range(100), lanes=())
        roll.close()
        told = handed(roll)
    assert rows(told)[0] | {"roll": "R1"} == dict(
        zip(
            COLUMNS,
            ("R1", "default", "1", "the coated start", "", "lane", "0.0000", "100.0000", "", "", "hold"),
            strict=True,
        )
    )
