"""Which lanes a defect spoils: its own, its neighbours', or the one to which foil goes when the web is slit."""

from dataclasses import replace

import pytest
from webs_by_hand import ROLL, fault, wrinkle

from inspection.roll.defect_faults import defect_faults
from inspection.roll.extent import RollExtent

NOT_MEASURED = RollExtent(0, 1e6, ())


@pytest.mark.parametrize(
    ("left_mm", "right_mm", "lane", "spoils"),
    [
        (300, 301, 1, [1]),
        (424, 426, None, [1]),  # foil between lanes 1 and 2, on lane 1's side of the slit at 430 mm
        (434, 436, None, [2]),
        (425, 435, None, [1, 2]),
        (100, 110, None, [1]),  # foil at the rims
        (900, 901, None, [3]),
        (300, 700, 2, [1, 2, 3]),
        (500, 501, 3, [3, 2]),  # where lanes were found to wander, both
        (300, 301, 9, [9, 1]),
    ],
)
def test_a_defect_spoils_every_lane_that_it_reaches(left_mm, right_mm, lane, spoils) -> None:
    told = list(defect_faults([wrinkle(10, 11, left_mm, right_mm, lane)], ROLL))
    assert [each.lane for each in told] == spoils
    assert {each.why for each in told} == {"major wrinkle"}


def test_where_no_lane_was_measured_a_defect_on_foil_spoils_the_whole_width() -> None:
    told = [wrinkle(10, 11, 300, 301, None), wrinkle(10, 11, 300, 301, 2)]
    assert [each.lane for each in defect_faults(told, NOT_MEASURED)] == [None, 2]


def test_a_fault_beyond_the_frames_seen_is_web_too() -> None:
    wider = ROLL.covering([fault(-1, 5), fault(990, 1003)])
    assert (wider.from_mm, wider.to_mm, wider.strips) == (-1000, 1_003_000, ROLL.strips)
    assert replace(wider, from_mm=0, to_mm=1e6) == ROLL
