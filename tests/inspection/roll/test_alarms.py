"""Alarms while the web runs: in time, once for each thing, and the same after a restart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_defects import defect, defects_at, marks, unrelated

from inspection.defect import Kind, Severity
from inspection.record import LaneExtent
from inspection.roll.alarms import Alarm, AlarmCause, AlarmSettings, News, WebAlarms
from inspection.roll.density import DensityRule, DensitySettings
from inspection.roll.density_alarms import DensityAlarms
from inspection.roll.repeat_alarms import RepeatAlarms
from inspection.roll.rollers import RepeatSettings
from inspection.roll.streak_alarms import StreakAlarms
from inspection.roll.web_defect import WebDefect

FRAME_MM = 51.2
CROWDED = DensitySettings((DensityRule("per_m", 8, 500, Severity.MAJOR),))


def watching() -> WebAlarms:
    return WebAlarms(
        {
            AlarmCause.STREAK: StreakAlarms(AlarmSettings()),
            AlarmCause.REPEAT: RepeatAlarms(RepeatSettings()),
            AlarmCause.DENSITY: DensityAlarms(CROWDED),
        }
    )


def news(number: int, changed=(), **more) -> News:
    return News("one", number * FRAME_MM, (number + 1) * FRAME_MM, tuple(changed), **more)


class Run:
    """A web that runs: its defects come with the frame that they end in."""

    def __init__(self, defects: list[WebDefect], alarms: WebAlarms | None = None) -> None:
        self.defects, self.alarms = defects, alarms or watching()
        self.begun: list[Alarm] = []
        self.ended: list[Alarm] = []

    def to(self, last: int, first: int = 0) -> "Run":
        for n in range(first, last):
            inside = [each for each in self.defects if n * FRAME_MM <= each.down_mm < (n + 1) * FRAME_MM]
            self.see(news(n, inside))
        return self

    def see(self, what: News) -> None:
        begun, ended = self.alarms.take(what)
        self.begun += begun
        self.ended += ended

    def causes(self) -> list[AlarmCause]:
        return [alarm.cause for alarm in self.begun]


def streak(from_mm: float, to_mm: float, cross_mm: float = 50.0) -> WebDefect:
    whole = defect(7, (from_mm + to_mm) / 2, cross_mm, kind=Kind.STREAK, length_mm=to_mm - from_mm)
    return replace(whole, pieces=2)


@given(begin=st.floats(0, 5000))
def test_a_streak_is_told_once_and_within_a_metre_of_web_after_it_began(begin):
    run = Run([])
    for n in range(int(begin // FRAME_MM), int(begin // FRAME_MM) + 200):
        run.see(news(n, [streak(begin, (n + 1) * FRAME_MM)]))
    (alarm,) = run.begun
    assert alarm.cause is AlarmCause.STREAK
    assert alarm.from_mm == pytest.approx(begin)
    assert alarm.raised_mm - begin <= 1000


def test_a_streak_is_over_when_it_did_not_go_on_and_another_at_its_place_is_another():
    run = Run([])
    for n in range(100):
        run.see(news(n, [streak(0, (n + 1) * FRAME_MM)] if n < 20 else []))
    assert run.ended == run.begun
    run.see(news(120, [streak(100 * FRAME_MM, 121 * FRAME_MM)]))
    assert len(run.begun) == 2


def test_streaks_side_by_side_are_told_each_and_short_ones_not():
    run = Run([])
    run.see(news(20, [streak(0, 600, 20.0), replace(streak(0, 700, 60.0), identity=(8, 1)), streak(0, 400, 90.0)]))
    assert [alarm.details["left_mm"] for alarm in run.begun] == [pytest.approx(19.8), pytest.approx(59.8)]


@pytest.mark.parametrize("pitch", [150.0, 628.3, 1499.0])
def test_a_repeat_is_told_once_when_its_fourth_mark_has_passed_at_the_latest(pitch):
    places = marks(pitch, turns=range(30)) + unrelated(np.random.default_rng(3), 50, length_mm=30 * pitch)
    run = Run(defects_at(places)).to(int(30 * pitch / FRAME_MM))
    (alarm,) = run.begun
    assert alarm.cause is AlarmCause.REPEAT
    assert alarm.raised_mm <= 100 + 3 * pitch + FRAME_MM
    assert alarm.details["pitch_mm"] == pytest.approx(pitch, abs=0.1)
    assert run.ended == []


def test_a_repeat_is_over_when_the_roller_was_cleaned():
    run = Run(defects_at(marks(400.0, turns=range(8)))).to(200)
    assert (len(run.begun), run.ended) == (1, run.begun)


def test_a_pitch_that_was_told_too_long_for_missing_marks_is_put_right():
    run = Run(defects_at(marks(150.0, turns=[0, 2, 4, *range(5, 40)]))).to(130)
    assert [alarm.details["pitch_mm"] for alarm in run.begun] == [
        pytest.approx(300, abs=0.1),
        pytest.approx(150, abs=0.1),
    ]
    assert run.ended[:1] == run.begun[:1]


def test_marks_that_seams_cut_are_one_repeat_also_when_their_pieces_came_first():
    run = Run([])
    for n, whole in enumerate(defects_at(marks(400.0, turns=range(10)))):
        frame = int(whole.from_mm // FRAME_MM)
        upper = replace(whole, to_mm=whole.down_mm)
        run.see(news(frame, [upper]))
        run.see(news(frame + 1, [replace(whole, from_mm=whole.down_mm, identity=(100 + n, 1))]))
        run.see(news(frame + 2, [replace(whole, pieces=2)]))
    assert run.causes() == [AlarmCause.REPEAT]
    assert run.begun[0].details["pitch_mm"] == pytest.approx(400.0, abs=0.2)


def test_a_crowd_is_told_once_however_long_it_grows_and_again_after_clean_web():
    crowd = [(1000.0 + 30 * n, 10.0 + 7 * (n % 9)) for n in range(60)] + [(9000.0 + 5 * n, 50.0) for n in range(9)]
    run = Run(defects_at(crowd)).to(200)
    told = [alarm for alarm in run.begun if alarm.cause is AlarmCause.DENSITY]
    assert [alarm.from_mm > 8000 for alarm in told] == [False, True]


def test_a_limit_per_area_takes_the_width_of_lanes_from_the_frames():
    settings = DensitySettings((DensityRule("per_m2", 30, 1000, Severity.MAJOR),))
    alarms = WebAlarms({AlarmCause.DENSITY: DensityAlarms(settings)})
    crowd = defects_at([(100.0 + n, 50.0) for n in range(4)])
    assert alarms.take(news(2, crowd))[0] == []
    (alarm,), _ = alarms.take(news(2, crowd, lanes=(LaneExtent(1, 10.0, 110.0),)))
    assert alarm.told == "4 defects on 3 mm on lane 1: more than 30 per m2 over 1000 mm"


def test_what_was_told_before_a_restart_is_not_told_again():
    places = marks(628.3, turns=range(40)) + [(2000.0 + n, 20.0) for n in range(9)]
    defects = [*defects_at(places)]
    whole = Run(defects)
    whole.to(300)
    whole.see(news(300, [streak(14_000, 301 * FRAME_MM, 80.0)]))
    assert sorted(whole.causes()) == [AlarmCause.DENSITY, AlarmCause.REPEAT, AlarmCause.STREAK]
    after = Run(defects)
    after.alarms.resume(whole.begun, until_mm=300 * FRAME_MM)
    window = [each for each in defects if 300 * FRAME_MM - 5000 <= each.down_mm < 300 * FRAME_MM]
    after.see(News("one", 295 * FRAME_MM, 300 * FRAME_MM, tuple(window)))
    after.see(news(300, [streak(14_000, 301 * FRAME_MM, 80.0)]))
    after.to(450, first=301)
    assert after.begun == []


@pytest.mark.parametrize("lost", [range(10, 12), range(20, 60)])
def test_frames_that_were_left_out_are_made_up_for_by_their_defects_of_the_store(lost):
    defects = defects_at(marks(628.3, turns=range(40)))
    run = Run(defects).to(lost[0])
    window = [each for each in defects if each.down_mm < (lost[-1] + 1) * FRAME_MM]
    run.see(News("one", lost[0] * FRAME_MM, (lost[-1] + 1) * FRAME_MM, tuple(window)))
    run.to(400, first=lost[-1] + 1)
    assert run.causes() == [AlarmCause.REPEAT]


def test_what_is_kept_and_searched_does_not_grow_with_the_roll():
    source = RepeatAlarms(RepeatSettings())
    rng = np.random.default_rng(1)
    for n in range(2000):
        inside = defects_at([(n * FRAME_MM + rng.uniform(0, 50), rng.uniform(0, 100)) for _ in range(2)])
        source.take(news(n, [replace(each, identity=(n, k)) for k, each in enumerate(inside)]))
    assert len(source._marks) <= 1.06 * 21_000 / FRAME_MM * 2 + 2
