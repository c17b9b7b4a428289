"""Alarms of lanes while the web runs: what is told afterwards is told in time, once, and the same after a restart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.defect import Severity
from inspection.record import CoatedPatch, LaneExtent
from inspection.roll.alarms import Alarm, AlarmCause, News, WebAlarms
from inspection.roll.lane_alarms import WINDOW_M, LaneAlarms
from inspection.roll.lane_faults import lane_faults
from inspection.roll.lane_series import LANE_MEASURES, LaneId, LaneSums, gap_series, lane_series
from inspection.roll.lanes import LaneSettings, LengthTolerance, PlannedLane, Tolerance, WaveLimit

FRAMES = 4
FRAME_MM = 1000.0 / FRAMES
PLANNED = LaneSettings(
    plan=(PlannedLane(10, right_mm=100), PlannedLane(110, right_mm=200)),
    width=Tolerance(0.5),
    gap=Tolerance(0.6, Severity.MINOR),
    waviness=WaveLimit(0.1),
)
NOISE = np.random.default_rng(4).normal(0, 0.01, 3000)


def news(frame: int, *lanes: LaneExtent, camera: str = "cam-1", **more: object) -> News:
    return News(camera, frame * FRAME_MM, (frame + 1) * FRAME_MM, lanes=lanes, **more)


def lanes_of(frame: int, wider_mm: float = 0.0) -> tuple[LaneExtent, LaneExtent]:
    """Two lanes, the second of which may be too wide to the right."""
    noise = float(NOISE[frame // FRAMES])
    return LaneExtent(1, 10.0, 100.0 + noise), LaneExtent(2, 110.0, 200.0 - noise + wider_mm)


class Run:
    def __init__(self, settings: LaneSettings = PLANNED) -> None:
        self.alarms = WebAlarms({AlarmCause.LANE: LaneAlarms(settings)})
        self.begun: list[Alarm] = []
        self.ended: list[Alarm] = []

    def see(self, what: Iterable[News]) -> "Run":
        for each in what:
            begun, ended = self.alarms.take(each)
            self.begun += begun
            self.ended += ended
        return self

    def web(self, first_m: int, last_m: int, wide_m: Sequence[int] = (), by_mm: float = 0.8) -> "Run":
        frames = range(first_m * FRAMES, last_m * FRAMES)
        return self.see(news(n, *lanes_of(n, by_mm if n // FRAMES in wide_m else 0.0)) for n in frames)

    def told(self, rule: int | None = None) -> list[tuple[object, ...]]:
        return [(one.lane, one.details["measure"], one.from_mm) for one in self.begun if one.details["rule"] == rule]


def test_a_lane_that_leaves_its_tolerance_is_told_once_and_within_two_metres() -> None:
    run = Run().web(0, 20, range(10, 20))
    assert run.told() == [(2, "width_mm", 10_000)]
    (alarm,) = (each for each in run.begun if each.details["rule"] is None)
    assert alarm.raised_mm <= 12_000
    assert "width 90.8" in alarm.told
    assert (alarm.camera_id, alarm.details["severity"]) == ("cam-1", "major")


def test_it_is_over_when_the_lane_kept_its_tolerance_for_ten_metres_and_then_is_another() -> None:
    run = Run().web(0, 40, [5, 7])
    assert run.told() == [(2, "width_mm", 5000)]
    assert run.ended == [run.begun[0]]
    run.web(40, 45, [41])
    assert run.told() == [(2, "width_mm", 5000), (2, "width_mm", 41_000)]


def test_gaps_and_waves_are_told_too_and_a_gap_once() -> None:
    wavy = (LaneExtent(1, 10, 100.3, left_wave_mm=0.2), LaneExtent(2, 110.9, 200.9))
    run = Run().see(news(n, *wavy) for n in range(4 * FRAMES))
    assert sorted(run.told()) == [(1, "gap_mm", 0), (1, "left_wave_mm", 0)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12), st.floats(0.01, 1))
def test_exactly_what_is_a_fault_afterwards_is_an_alarm(apart_mm: list[float], tolerance_mm: float) -> None:
    limits = replace(PLANNED, width=Tolerance(tolerance_mm), gap=Tolerance(tolerance_mm))
    frames = [(LaneExtent(1, 10, 100 + by), LaneExtent(2, 110, 200)) for by in apart_mm for _ in range(FRAMES)]
    run = Run(limits).see(news(n, *lanes) for n, lanes in enumerate([*frames, (), *[()] * FRAMES]))
    lanes = [lane_series(each) for each in sums_of(frames)]
    wanted = lane_faults(lanes, list(gap_series(lanes)), [], limits)
    first = {
        (fault.lane, fault.why[:3]): fault.from_mm for fault in reversed(wanted) if "gap to lane 1" not in fault.why
    }
    assert {(one.lane, one.details["measure"][:3]): one.from_mm for one in run.begun} == first


def sums_of(frames: Sequence[Sequence[LaneExtent]], first_m: int = 0) -> list[LaneSums]:
    """Sums by metre, as the store keeps them."""
    told = []
    for place, number in ((0, 1), (1, 2)):
        values = np.array([[lanes[place].left_mm, lanes[place].right_mm, lanes[place].width_mm] for lanes in frames])
        by_metre = values.reshape(-1, FRAMES, 3)
        sums = np.zeros((len(by_metre), len(LANE_MEASURES), 5))
        sums[:, :, 3:] = np.nan
        parts = (np.full(by_metre[:, 0].shape, FRAMES), by_metre.sum(1), (by_metre**2).sum(1), by_metre.min(1))
        for part, value in enumerate((*parts, by_metre.max(1))):
            sums[:, :3, part] = value
        metres = np.arange(first_m, first_m + len(by_metre))
        told.append(LaneSums(LaneId("top", "", number), metres, np.ones(len(metres)), sums))
    return told


def test_a_width_that_shifts_within_its_tolerance_breaks_a_rule_once() -> None:
    run = Run().web(0, 60, range(40, 60), by_mm=0.08)
    assert run.told() == []
    beyond = run.told(rule=1)
    assert beyond == [(2, "width_mm", 40_000)]
    assert all(len(run.told(rule)) <= 1 for rule in (2, 3, 4))
    assert {one.lane for one in run.begun} == {2}
    assert all(one.raised_mm >= 41_000 for one in run.begun)


def test_before_there_are_25_metres_nobody_knows_what_is_usual() -> None:
    assert Run().web(0, 24, [20], by_mm=0.4).begun == []


def test_what_was_held_or_is_not_in_sight_is_no_measure() -> None:
    wide, open_rim = lanes_of(0, 5.0), LaneExtent(2, 110, 300, right_in_sight=False)
    run = Run().see(news(n, *wide, held=True) for n in range(4 * FRAMES))
    run.see(news(n, lanes_of(n)[0], open_rim) for n in range(4 * FRAMES, 8 * FRAMES))
    assert run.begun == []


def test_two_cameras_that_share_a_lane_tell_its_width_together() -> None:
    run = Run()
    for n in range(4 * FRAMES):
        left = LaneExtent(1, 10, 60, right_in_sight=False)
        right = LaneExtent(1, 40, 100.9, left_in_sight=False)
        run.see([news(n, left, camera="cam-1"), news(n, right, camera="cam-2")])
    assert run.told() == [(1, "width_mm", 0)]


def test_a_camera_that_stays_behind_delays_an_alarm_by_two_metres_at_most() -> None:
    run = Run().see([news(0, camera="cam-2")]).web(0, 8, range(2, 8))
    assert run.told() == [(2, "width_mm", 2000)]
    assert next(one for one in run.begun).raised_mm <= 5000


def test_without_a_plan_lanes_are_each_camera_s_own_and_rules_hold_all_the_same() -> None:
    run = Run(LaneSettings())
    for n in range(60 * FRAMES):
        wide = 0.2 if n >= 40 * FRAMES else 0.0
        run.see([news(n, *lanes_of(n)), news(n, *lanes_of(n, wide), camera="cam-2")])
    assert {(one.camera_id, one.lane) for one in run.begun} == {("cam-2", 2)}
    assert len({one.details["rule"] for one in run.begun}) == len(run.begun)


def test_patches_and_skips_are_measured_over_frames() -> None:
    lengths = LaneSettings(patch=LengthTolerance(300, 2), skip=LengthTolerance(100, 2))
    ends = np.cumsum([100.0, *([300.0, 100.0] * 6), 303.0, 100.0, 300.0, 97.0, *([300.0, 100.0] * 10)])
    run = Run(lengths)
    for n in range(int(ends[-1] // FRAME_MM)):
        begin, end = n * FRAME_MM, (n + 1) * FRAME_MM
        told = [
            CoatedPatch(max(one, begin), min(other, end), one >= begin, other <= end)
            for one, other in zip(ends[:-1:2], ends[1::2], strict=True)
            if max(one, begin) < min(other, end)
        ]
        run.see([news(n, LaneExtent(1, 10, 100, patches=tuple(told)))])
    assert run.told() == [(1, "patch_mm", ends[12]), (1, "skip_mm", ends[15])]


def again(first_m: int, last_m: int, wide_m: Sequence[int], by_mm: float) -> News:
    """The latest metres as the store has them, up to what a frame shows."""
    frames = [lanes_of(n, by_mm if n // FRAMES in wide_m else 0.0) for n in range(first_m * FRAMES, last_m * FRAMES)]
    return news(last_m * FRAMES, measured=tuple(sums_of(frames, first_m)))


@pytest.mark.parametrize("by_mm", [0.8, 0.08])
def test_after_a_restart_nothing_is_told_twice(by_mm: float) -> None:
    before = Run().web(0, 60, range(40, 60), by_mm)
    assert before.begun
    after = Run()
    after.alarms.resume(before.begun, 60_000)
    after.see([again(0, 60, range(40, 60), by_mm)]).web(60, 70, range(60, 70), by_mm)
    assert after.begun == []


def test_after_a_restart_charts_and_tolerances_are_those_of_the_metres_before() -> None:
    after = Run().see([again(0, 60, [59], 0.8)]).web(60, 64, [62], by_mm=0.3)
    assert after.told() == [(2, "width_mm", 59_000)]
    assert (2, "width_mm", 62_000) in after.told(rule=1)


def test_metres_of_which_frames_were_left_out_are_read_again() -> None:
    run = Run().web(0, 30)
    run.see([again(20, 34, [31], 0.8)]).web(34, 40)
    assert run.told() == [(2, "width_mm", 31_000)]


def test_a_frame_that_comes_late_changes_nothing() -> None:
    run = Run().web(0, 10).see([news(3, *lanes_of(3, 5.0))]).web(10, 14)
    assert run.told() == []


def test_what_is_kept_does_not_grow_with_the_roll() -> None:
    run = Run(replace(PLANNED, patch=LengthTolerance(300, 2))).web(0, WINDOW_M + 300)
    source = run.alarms._sources[AlarmCause.LANE]
    assert {len(widths) for widths in source._widths.values()} == {WINDOW_M}
    assert len(source._open) <= 2
    assert len(source.standing) <= 10
