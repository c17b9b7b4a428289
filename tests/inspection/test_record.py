"""The form in which a record is told."""

import json
from dataclasses import replace

import pytest

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box
from inspection.record import CalibrationRef, CoatedPatch, FrameRecord, LaneExtent, ModelRef, RecipeRef, to_answer
from inspection.verdict import Verdict

BARE = Finding(
    kind=Kind.BARE_SPOT, probability=0.98004, lane=1, box=Box(310, 1204, 341, 1244), down_mm=886.675,
    cross_mm=61.2004, length_mm=1.55, width_mm=2.0, area_mm2=2.30004, contrast_sigma=41.04,
    unlike_product=3.14159,
)  # fmt: skip
RECORD = FrameRecord(
    verdict=Verdict.REJECT,
    reasons=("bare_spot 2.3 mm2 > 0.5 mm2",),
    defects=(Defect(BARE, Severity.CRITICAL, needs_review=True),),
    events=(replace(BARE, kind=Kind.SPLICE, lane=None),),
    lanes=(LaneExtent(1, 6.1, 99.7, True, False, 0.01234, None, (CoatedPatch(850, 880.1251, False, True),)),),
    timing_ms={"decode": 0.2, "detect": 1.9004, "classify": 0.6},
    recipe=RecipeRef("default", 3),
    calibration=CalibrationRef(2),
    model=ModelRef("coating", "1", "ab" * 32),
)


def test_the_answer_has_the_pinned_fields() -> None:
    answer = to_answer(RECORD, "f1")
    assert answer | {"events": []} == {
        "calibrated": True,
        "verdict": "reject",
        "reasons": ["bare_spot 2.3 mm2 > 0.5 mm2"],
        "defects": [
            {
                "id": "f1.1",
                "kind": "bare_spot",
                "probability": 0.98,
                "severity": "critical",
                "lane": 1,
                "box_px": {"x": 1204, "y": 310, "width": 40, "height": 31},
                "down_mm": 886.675,
                "cross_mm": 61.2,
                "length_mm": 1.55,
                "width_mm": 2.0,
                "area_mm2": 2.3,
                "contrast_sigma": 41.0,
                "unlike_product": 3.14,
                "needs_review": True,
            }
        ],
        "events": [],
        "lanes": [
            {
                "lane": 1,
                "left_mm": 6.1,
                "right_mm": 99.7,
                "width_mm": 93.6,
                "left_in_sight": True,
                "right_in_sight": False,
                "left_wave_mm": 0.0123,
                "right_wave_mm": None,
                "patches": [{"from_mm": 850.0, "to_mm": 880.125, "from_in_sight": False, "to_in_sight": True}],
            }
        ],
        "timing_ms": {"decode": 0.2, "detect": 1.9, "classify": 0.6},
        "recipe": {"name": "default", "version": 3},
        "calibration": {"version": 2},
        "model": {"name": "coating", "version": "1", "sha256": "ab" * 32},
    }


def test_events_are_told_like_defects_but_not_judged() -> None:
    answer = to_answer(RECORD, "f1")
    (event,) = answer["events"]
    assert event["kind"] == "splice"
    assert event["lane"] is None
    assert set(answer["defects"][0]) - set(event) == {"severity", "needs_review"}


def test_every_defect_and_event_has_its_own_id() -> None:
    many = replace(RECORD, defects=RECORD.defects * 3, events=RECORD.events * 3)
    answer = to_answer(many, "f1")
    assert len({told["id"] for told in (*answer["defects"], *answer["events"])}) == 6


def test_an_answer_survives_json() -> None:
    answer = to_answer(RECORD, "f1")
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("calibration", [CalibrationRef(2), None])
def test_calibrated_says_whether_there_was_a_calibration(calibration) -> None:
    answer = to_answer(replace(RECORD, calibration=calibration), "f1")
    assert answer["calibrated"] is (calibration is not None)
    assert (answer["calibration"] is None) is (calibration is None)
