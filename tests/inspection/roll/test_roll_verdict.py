"""Verdicts of rolls: nothing that was not inspected passes, and reasons are told worst first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webs_by_hand import ROLL, fault, fault_lists, unseen

from inspection.defect import Severity
from inspection.errors import RecipeError
from inspection.recipe import parse_recipe
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause
from inspection.roll.roll_settings import RollSettings, is_unjudged
from inspection.roll.roll_verdict import judge_roll
from inspection.verdict import Verdict

USUAL = RollSettings()


def verdicts(faults, extent=ROLL, settings=USUAL, **more) -> list[str]:
    judged = judge_roll(faults, extent, settings, **more)
    return [judged.verdict.value, *(lane.verdict.value for lane in judged.lanes)]


def test_a_clean_roll_passes_without_a_reason() -> None:
    judged = judge_roll([], ROLL, USUAL)
    assert (judged.verdict, judged.reasons) == (Verdict.PASS, ())
    assert [(lane.lane, lane.verdict, lane.length_mm) for lane in judged.lanes] == [
        (lane, Verdict.PASS, 1e6) for lane in (1, 2, 3)
    ]


def test_one_critical_defect_is_cut_out_and_warned_of_in_its_lane_alone() -> None:
    judged = judge_roll([fault(100, 100.001, lane=2)], ROLL, USUAL)
    assert [lane.verdict for lane in judged.lanes] == ["pass", "warn", "pass"]
    assert judged.lanes[1].reasons == ("critical bare_spot at 100.00 m",)
    assert judged.lanes[1].rejected_mm == pytest.approx(201)
    assert judged.reasons == ("lane 2: warn, critical bare_spot at 100.00 m",)


def test_a_lane_cut_to_pieces_is_rejected_and_the_share_is_told_first() -> None:
    judged = judge_roll([fault(100, 220, lane=3)], ROLL, USUAL)
    assert [lane.verdict for lane in judged.lanes] == ["pass", "pass", "reject"]
    assert judged.verdict is Verdict.REJECT
    assert judged.lanes[2].reasons == (
        "12.0% of it has to be cut out (120.2 m), more than 10.0%",
        "critical bare_spot at 100.00 m, 120.0 m in all",
    )


@pytest.mark.parametrize("cause", [Cause.NOT_INSPECTED, Cause.HELD])
def test_web_that_nobody_judged_holds_the_lane(cause: Cause) -> None:
    unknown = fault(10, 10.05, None, 2, cause, "why")
    assert verdicts([unknown]) == ["hold", "pass", "hold", "pass"]
    assert verdicts([unknown], settings=RollSettings(reject_share=1, warn_share=1))[2] == "hold"


def test_a_lane_beyond_its_share_is_rejected_whatever_was_not_seen_of_it() -> None:
    assert verdicts([fault(100, 300, lane=1), unseen(500, 900)]) == ["reject", "reject", "hold", "hold"]


def test_web_that_was_not_inspected_counts_as_unjudged_not_as_rejected() -> None:
    lane = judge_roll([unseen(500, 900)], ROLL, USUAL).lanes[0]
    assert (lane.verdict, lane.rejected_mm, lane.unjudged_mm) == (Verdict.HOLD, 0, 400e3)


def test_a_doubt_holds_every_lane_and_is_told() -> None:
    assert verdicts([], doubts=["positions ran backwards"]) == ["hold"] * 4
    assert judge_roll([], ROLL, USUAL, doubts=["positions ran backwards"]).lanes[0].reasons == (
        "positions ran backwards",
    )


def test_a_splice_is_cut_out_and_warned_of_but_holds_nothing() -> None:
    assert verdicts([fault(50, 50.1, None, None, Cause.SPLICE, "splice")]) == ["warn"] * 4


def test_a_fault_too_slight_to_cut_out_is_warned_of() -> None:
    assert verdicts([fault(50, 51, Severity.MINOR, 1, Cause.DENSITY, "pinholes")]) == ["warn", "warn", "pass", "pass"]


def test_below_the_recipe_s_share_a_lane_that_was_cut_may_pass() -> None:
    assert verdicts([fault(50, 51)], settings=RollSettings(warn_share=0.01)) == ["pass"] * 4


@pytest.mark.parametrize(
    ("extent", "told"),
    [(RollExtent(0, 0, ()), "nothing of it was inspected"), (RollExtent(0, 1e6, ()), "no lane was found on it")],
)
def test_a_roll_of_which_nothing_was_seen_never_passes(extent: RollExtent, told: str) -> None:
    judged = judge_roll([], extent, USUAL)
    assert (judged.verdict, judged.reasons) == (Verdict.HOLD, (f"whole width: hold, {told}",))


def test_an_open_roll_says_so() -> None:
    judged = judge_roll([], ROLL, USUAL, still_open=True)
    assert judged.reasons == ("the roll is still open: this is of what was inspected so far",)


def test_faults_of_one_sort_are_told_once_with_their_number() -> None:
    spots = [fault(metre, metre + 0.5) for metre in (900, 100, 500)]
    reasons = judge_roll([*spots, unseen(10, 12)], ROLL, USUAL).lanes[0].reasons
    assert reasons == (
        "not inspected: missing at 10.00 m, 2.0 m in all",
        "critical bare_spot, 3 x from 100.00 m on, 1.5 m in all",
    )


def test_ever_so_many_sorts_of_fault_are_told_in_a_few_lines() -> None:
    many = [fault(n, n + 0.001, why=f"reason {n}") for n in range(50)]
    reasons = judge_roll(many, ROLL, USUAL).lanes[0].reasons
    assert (len(reasons), reasons[-1]) == (21, "and 30 more sorts of fault")


@given(fault_lists, st.booleans())
def test_no_lane_with_web_that_nobody_judged_passes(faults, still_open) -> None:
    judged = judge_roll(faults, ROLL, USUAL, still_open=still_open)
    for lane in judged.lanes:
        of_lane = [each for each in faults if each.lane in (None, lane.lane)]
        if any(map(is_unjudged, of_lane)):
            assert lane.verdict in (Verdict.HOLD, Verdict.REJECT)
        assert bool(lane.reasons) == bool(of_lane)


@given(fault_lists, st.randoms(use_true_random=False))
def test_a_verdict_does_not_ask_in_which_order_faults_were_told(faults, random) -> None:
    shuffled = list(faults)
    random.shuffle(shuffled)
    assert judge_roll(shuffled, ROLL, USUAL) == judge_roll(faults, ROLL, USUAL)


def test_a_recipe_sets_them_and_an_impossible_pair_is_refused() -> None:
    head = 'name = "x"\nversion = 1\n'
    assert parse_recipe(head + '[roll]\ncut_from = "critical"\nmargin_mm = 50').roll == RollSettings(
        Severity.CRITICAL, 50.0
    )
    with pytest.raises(
        RecipeError, match=r"expected roll\.warn_share of at most roll\.reject_share, got 0\.5 and 0\.1"
    ):
        parse_recipe(head + "[roll]\nwarn_share = 0.5")
    with pytest.raises(RecipeError, match=r"did you mean roll\.margin_mm"):
        parse_recipe(head + "[roll]\nmargin_m = 0.5")
