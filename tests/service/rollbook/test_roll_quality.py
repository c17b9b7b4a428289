"""Verdict and cuts of rolls in the store: whatever was not seen is found out, and no roll passes with it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from databases import Database
from records import NOON
from rolls_by_hand import LANES, RollByHand, defect, reading, writing

from inspection.roll.extent import LaneStrip
from inspection.roll.factors import built_in
from inspection.roll.fault import Cause
from service.errors import UnknownRoll
from service.rollbook.evidence import kept_evidence
from service.rollbook.faults import PARTS, faulty_roll
from service.rollbook.period_scrap import Period, period_scrap
from service.rollbook.quality import JudgedRoll, RollQuality, judged_roll, roll_quality
from service.rollbook.scrap import roll_scrap
from service.rollbook.seen import lane_strips
from service.shifts import parse_shifts
from service.store.coverage import LaneSeen


@pytest.fixture
def database(tmp_path) -> Database:
    return Database(tmp_path)


@pytest.fixture
def roll(database: Database) -> Iterator[RollByHand]:
    with writing(database) as connection:
        yield RollByHand(connection)


def quality(roll: RollByHand) -> RollQuality:
    return roll_quality(roll.connection, roll.roll_id)


def judged(roll: RollByHand) -> JudgedRoll:
    return judged_roll(roll.connection, roll.roll_id)


def verdicts(roll: RollByHand) -> list[str]:
    told = quality(roll)
    return [told.verdict.value, *(lane.verdict.value for lane in told.lanes)]


def clean(roll: RollByHand, metres: int = 100, **opened) -> RollByHand:
    roll.open(**opened)
    roll.see(range(metres))
    roll.measure()
    return roll


def test_a_closed_clean_roll_passes(roll) -> None:
    clean(roll).close()
    told = quality(roll)
    assert (told.verdict, told.reasons, told.still_open, told.recipe_name) == ("pass", (), False, "default")
    assert [(lane.lane, lane.length_mm) for lane in told.lanes] == [(1, 100_000), (2, 100_000)]


def test_an_open_roll_is_judged_by_what_there_is_and_says_so(roll) -> None:
    clean(roll)
    assert quality(roll).reasons == ("the roll is still open: this is of what was inspected so far",)


def test_a_roll_of_which_nothing_came_holds(roll) -> None:
    roll.open()
    roll.close()
    assert quality(roll).reasons == ("whole width: hold, nothing of it was inspected",)


def test_an_unknown_roll_is_told(roll) -> None:
    with pytest.raises(UnknownRoll, match="none of the name R1"):
        quality(roll)


def test_severe_defects_are_cut_and_minor_ones_left_in(roll) -> None:
    clean(roll).close()
    roll.find(
        defect(40, 40.002),
        defect(60, 60.001, "minor", "pinhole"),
        defect(70, 70.5, "major", "scratch", lane=2, left_mm=400, right_mm=401),
    )
    assert verdicts(roll) == ["warn", "warn", "warn"]
    assert [(cut.lane, cut.from_mm, cut.to_mm, cut.why) for cut in judged(roll).cuts] == [
        (1, 39_900, 40_102, ("critical bare_spot",)),
        (2, 69_900, 70_600, ("major scratch",)),
    ]


def test_what_nobody_could_name_is_warned_of_although_it_is_minor(roll) -> None:
    clean(roll).close()
    roll.find(defect(40, 40.002, "minor", "unknown"))
    assert verdicts(roll) == ["warn", "warn", "pass"]
    assert judged(roll).cuts == []


def test_a_recipe_that_cuts_critical_defects_alone_still_warns_of_major_ones(roll) -> None:
    clean(roll, recipe_text='name = "made"\nversion = 3\n[roll]\ncut_from = "critical"\n').close()
    roll.find(defect(40, 40.002, "major", "scratch"))
    assert verdicts(roll) == ["warn", "warn", "pass"]
    assert judged(roll).cuts == []


@pytest.mark.parametrize("gone", [0, 50, 98])
def test_a_missing_number_holds_the_lanes_of_its_camera(roll, gone: int) -> None:
    roll.open()
    roll.see(metre for metre in range(100) if metre != gone)
    roll.measure()
    roll.close()
    assert verdicts(roll) == ["hold", "hold", "hold"]
    assert quality(roll).lanes[0].reasons == (f"not inspected: missing at {gone}.00 m, 1.0 m in all",)


def test_web_that_no_frame_shows_holds_although_every_number_came(roll) -> None:
    roll.open()
    roll.see(range(50))
    roll.see(range(50, 100), by_m=2)
    roll.measure()
    roll.close()
    assert verdicts(roll) == ["hold", "hold", "hold"]
    assert quality(roll).lanes[1].reasons == ("not inspected: no frame shows it at 50.00 m, 2.0 m in all",)


def test_a_frame_refused_beyond_the_last_one_makes_the_roll_longer_and_holds_it(roll) -> None:
    clean(roll).close()
    roll.refuse(100, 100.0)
    told = quality(roll)
    assert [(lane.verdict, lane.length_mm, lane.unjudged_mm) for lane in told.lanes] == 2 * [("hold", 101_000, 1000)]


def test_a_camera_of_which_every_frame_was_refused_holds_the_roll_in_words(roll) -> None:
    clean(roll).close()
    roll.refuse(0, None, camera="cam-2")
    assert quality(roll).lanes[0].reasons == (
        "1 frames of cam-2 were not inspected, and nothing tells where they lay",
        "not inspected: no frame shows it at 0.00 m, 100.0 m in all",
    )


def test_held_frames_hold_their_lanes_with_the_reasons_names(roll) -> None:
    clean(roll)
    roll.see(range(100, 103), held="blurred: lane edges at 40% of their calibrated sharpness")
    roll.see(range(103, 110))
    roll.close()
    assert verdicts(roll) == ["hold", "hold", "hold"]
    assert quality(roll).lanes[0].reasons == ("held: blurred at 100.00 m, 3.0 m in all",)


def test_of_two_cameras_one_that_lost_a_frame_holds_its_own_lane_alone(roll) -> None:
    roll.open(cameras=("cam-1", "cam-2"))
    roll.see(range(100), lanes=LANES[:1])
    roll.see((metre for metre in range(100) if metre != 7), camera="cam-2", lanes=LANES[1:])
    roll.measure(LANES[:1])
    roll.measure(LANES[1:], camera="cam-2")
    roll.close()
    assert verdicts(roll) == ["hold", "pass", "hold"]


def test_a_camera_that_stopped_early_holds_a_closed_roll_and_is_waited_for_while_it_is_open(roll) -> None:
    roll.open(cameras=("cam-1", "cam-2"))
    roll.see(range(100))
    roll.see(range(90), camera="cam-2")
    roll.measure()
    assert verdicts(roll)[0] == "pass"
    roll.close()
    assert verdicts(roll)[0] == "hold"


def test_a_camera_that_joined_a_roll_and_has_no_frame_of_it_holds_it(roll) -> None:
    clean(roll, cameras=("cam-1", "cam-2")).close()
    assert verdicts(roll) == ["hold", "hold", "hold"]
    assert "not inspected: no frame shows it at 0.00 m, 100.0 m in all" in quality(roll).lanes[0].reasons


def test_a_camera_far_behind_the_others_is_not_waited_for_even_while_the_roll_is_open(roll) -> None:
    roll.open(cameras=("cam-1", "cam-2"))
    roll.see(range(100))
    roll.see(range(50), camera="cam-2")
    roll.measure()
    assert verdicts(roll)[0] == "hold"


PLAN = """
name = "made"
version = 3
[[lanes.plan]]
left_mm = 100
width_mm = 200
[[lanes.plan]]
left_mm = 320
width_mm = 200
[lanes.width]
mm = 5
"""


def test_a_planned_lane_that_no_camera_saw_holds_although_the_others_are_good(roll) -> None:
    roll.open(recipe_text=PLAN)
    roll.see(range(100), lanes=LANES[:1])
    roll.measure(LANES[:1])
    roll.close()
    assert verdicts(roll) == ["hold", "pass", "hold"]
    assert quality(roll).lanes[1].reasons == (
        "not inspected: no camera found this planned lane at 0.00 m, 100.0 m in all",
    )


def test_a_planned_lane_that_is_lost_for_some_metres_holds_where_nothing_else_tells_why(roll) -> None:
    roll.open(recipe_text=PLAN)
    roll.see(range(10))
    for metre in range(10):
        roll.measure(LANES if metre not in (4, 5) else LANES[:1], metre=metre)
    roll.close()
    assert verdicts(roll) == ["hold", "pass", "hold"]
    assert quality(roll).lanes[1].reasons == (
        "not inspected: no camera found this planned lane at 4.00 m, 2.0 m in all",
    )


def test_lanes_of_one_number_that_lie_apart_make_lanes_doubtful(roll) -> None:
    roll.open(cameras=("cam-1", "cam-2"))
    roll.see(range(10))
    apart = [(1, 540.0, 740.0), (2, 760.0, 960.0)]
    roll.see(range(10), camera="cam-2", lanes=apart)
    roll.measure()
    roll.measure(apart, camera="cam-2")
    roll.close()
    assert verdicts(roll) == ["hold", "hold", "hold"]
    assert quality(roll).lanes[0].reasons[0].startswith("lanes 1 and 2 of several cameras lie apart")


def test_a_lane_out_of_tolerance_at_the_start_moves_no_place_of_the_roll(roll) -> None:
    roll.open(recipe_text=PLAN)
    roll.see(range(10), by_m=0.7)
    roll.measure([(1, 100.0, 310.0), LANES[1]])
    roll.close()
    faulty = judged(roll).faulty
    assert (faulty.extent.from_mm, faulty.extent.to_mm) == (700, 10_700)
    assert [(fault.cause, fault.from_mm, fault.to_mm) for fault in faulty.faults] == [(Cause.LANE, 700, 1000)]


def test_a_roll_whose_minor_defects_reject_frames_does_not_pass_with_one(roll) -> None:
    clean(roll, recipe_text='name = "made"\nversion = 3\n[verdict]\nminor = "reject"\n').close()
    roll.find(defect(60, 60.001, "minor", "pinhole"))
    assert verdicts(roll) == ["warn", "warn", "pass"]


def test_lanes_are_taken_from_the_last_frame_s_answer_until_they_were_measured(roll) -> None:
    roll.open()
    roll.see(range(10))
    assert [strip.width_mm for strip in judged(roll).faulty.extent.strips] == [200, 200]
    roll.measure([(1, 100.0, None), (2, 330.0, 520.0)])
    strips = judged(roll).faulty.extent.strips
    assert [(strip.left_mm, strip.right_mm) for strip in strips] == [(100, 300), (330, 520)]
    assert strips[1].width_mm == 190


def test_of_two_cameras_that_each_see_an_edge_of_a_lane_both_edges_count() -> None:
    seen = [
        LaneSeen("a", 1, 100.0, None, None),
        LaneSeen("b", 1, None, 310.0, None),
        LaneSeen("a", 1, 100.0, 205.0, None),
        LaneSeen("b", 2, None, 700.0, None),
    ]
    assert lane_strips(seen) == (LaneStrip(1, 100.0, 310.0, 210.0),)


def test_an_edge_that_the_last_frame_did_not_see_is_taken_from_how_far_it_saw(roll) -> None:
    roll.open()
    roll.see(range(10), lanes=((1, 100.0, 300.0), (2, 320.0, 400.0)), out_of_sight=("right",))
    strips = judged(roll).faulty.extent.strips
    assert [(strip.left_mm, strip.right_mm, strip.width_mm) for strip in strips] == [(100, 300, 200), (320, 400, 80)]
    roll.measure([(2, None, 520.0)])
    assert judged(roll).faulty.extent.strips[1].right_mm == 520


def test_a_splice_that_two_cameras_saw_is_cut_once_of_the_whole_width(roll) -> None:
    clean(roll).close()
    roll.splice(50, 50.05)
    roll.splice(50.01, 50.06, frame=2)
    assert verdicts(roll) == ["warn", "warn", "warn"]
    assert [(cut.lane, cut.causes) for cut in judged(roll).cuts] == [(1, (Cause.SPLICE,)), (2, (Cause.SPLICE,))]


def test_a_defect_on_foil_is_cut_out_of_the_lane_beside_it_alone(roll) -> None:
    clean(roll).close()
    roll.find(defect(40, 40.002, kind="foil_contamination", lane=0, left_mm=303, right_mm=305))
    assert [cut.lane for cut in judged(roll).cuts] == [1]


def test_every_part_tells_faults_of_its_own_and_none_is_forgotten(roll) -> None:
    roll.open(recipe_text=f"{PLAN}[[lanes.plan]]\nleft_mm = 540\nwidth_mm = 200\n")
    roll.see(range(100))
    roll.see(range(105, 108), held="too dark: lamp")
    roll.measure([(1, 100.0, 310.0), LANES[1]])
    roll.splice(50, 50.05)
    roll.find(*(defect(turn, turn + 0.002) for turn in range(40, 46)))
    seen = faulty_roll(roll.connection, "R1")
    by_part = {part: {fault.cause for fault in part(kept_evidence(roll.connection, seen.seen))} for part in PARTS}
    assert [part.__name__ for part, causes in by_part.items() if not causes] == []
    assert {fault.cause for fault in seen.faults} == set().union(*by_part.values())


def test_both_databases_tell_the_same(tmp_path, request) -> None:
    server = request.getfixturevalue("postgres")
    told = []
    url = server.url(server.new_database(request.getfixturevalue("migrated")))
    for database in (Database(tmp_path / "one"), Database(tmp_path / "other", url)):
        with writing(database) as connection:
            roll = RollByHand(connection)
            clean(roll)
            roll.see(range(105, 110), held="blurred: x")
            roll.find(defect(40, 40.002), defect(20, 20.1, "minor", "unknown"))
            roll.splice(50, 50.05)
            roll.refuse(120, 120)
            roll.run(range(110))
            roll.close()
        with reading(database) as connection:
            one = judged_roll(connection, "R1")
            period = Period(NOON, NOON + timedelta(seconds=50), "shift", parse_shifts("06:00 18:00", "UTC"))
            scrap = roll_scrap(connection, "R1", built_in()), period_scrap(connection, period, built_in())
            told.append((one.verdict, one.cuts, one.faulty.extent, scrap))
    assert told[0] == told[1]
    assert told[0][0].verdict == "hold"
    assert told[0][3][1].rolls == 1
