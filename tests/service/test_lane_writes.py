"""What is kept of lanes, on either database: sums by metre and patches, whatever the order of the frames."""

import random
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from databases import Database
from records import entry

from inspection.geometry import View
from inspection.record import CoatedPatch, LaneExtent
from inspection.roll.lane_series import LaneId, lane_series
from inspection.roll.patches import patches_and_skips
from inspection.verdict import Verdict
from service.store.entries import FrameEntry, RollEntry
from service.store.lane_reads import defects_by_metre, lane_pieces, lane_sums
from service.store.store import Store

ROLL = RollEntry("R1", "2030", "default", 1, None, "fake", "1", "f" * 64)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        opened.open_roll(ROLL).result(5)
        yield opened


def frame(
    sequence: int, *lanes: LaneExtent, camera: str = "cam-1", verdict: Verdict = Verdict.PASS, side: str = "top"
) -> FrameEntry:
    plain = entry(sequence, number=sequence + 1 + 100_000 * ord(camera[-1]))
    return replace(
        plain,
        key=replace(plain.key, camera_id=camera),
        record=replace(plain.record, lanes=lanes, verdict=verdict),
        view=View(0, 204.8, "bottom" if side == "bottom" else "top"),
    )


def kept(store: Store, frames: list[FrameEntry]) -> None:
    done = [store.keep_frame(each) for each in frames]
    wait(done)
    for each in done:
        each.result()


def extent(lane: int, left: float, right: float, **more: object) -> LaneExtent:
    return replace(LaneExtent(lane, left, right, True, True, 0.01, 0.02), **more)


def test_a_frame_counts_for_the_metre_of_its_middle(store: Store) -> None:
    kept(store, [frame(n, extent(1, 10 + n / 100, 100)) for n in range(40)])
    (sums,) = store.read(partial(lane_sums, roll_id="R1", planned=True))
    left = lane_series(sums).measures["left_mm"]
    middles = 51.2 * np.arange(40) + 25.6
    assert left.metres.tolist() == [0, 1, 2]
    for metre, mean, low, high in zip(left.metres, left.mean, left.low, left.high, strict=True):
        own = (10 + np.arange(40) / 100)[middles // 1000 == metre]
        np.testing.assert_allclose((mean, low, high), (own.mean(), own.min(), own.max()))


def test_frames_in_any_order_give_the_same_sums(store: Store, database: Database) -> None:
    frames = [frame(n, extent(1, 10 + n / 64, 100), extent(2, 110, 200 - n / 32)) for n in range(60)]
    random.Random(3).shuffle(frames)
    kept(store, frames)
    sums = store.read(partial(lane_sums, roll_id="R1", planned=True))
    assert [each.lane for each in sums] == [LaneId("top", "", 1), LaneId("top", "", 2)]
    assert sums[0].sums[:, 0, 0].sum() == 60
    left = 10 + np.arange(60) / 64
    np.testing.assert_allclose(sums[0].sums[:, 0, 1].sum(), left.sum())
    np.testing.assert_allclose(sums[0].sums[:, 0, 2].sum(), (left**2).sum())


def test_what_was_not_in_sight_and_what_was_held_is_no_measure(store: Store) -> None:
    half = extent(1, 10, 204.8, right_in_sight=False, right_wave_mm=None)
    kept(store, [frame(0, half), frame(1, extent(1, 99, 100), verdict=Verdict.HOLD), frame(2, extent(1, 12, 100))])
    (sums,) = store.read(partial(lane_sums, roll_id="R1", planned=True))
    measures = lane_series(sums).measures
    assert (measures["left_mm"].low.tolist(), measures["left_mm"].high.tolist()) == ([10], [12])
    assert (measures["right_mm"].mean.tolist(), measures["width_mm"].mean.tolist()) == ([100], [88])
    assert sums.sums[0, :, 0].tolist() == [2, 1, 1, 2, 1]
    assert sums.seen_mm2.tolist() == pytest.approx([51.2 * (194.8 + 1 + 88)])


def test_a_metre_in_which_nothing_was_measured_has_no_low_and_no_high(store: Store, database: Database) -> None:
    kept(store, [frame(0, extent(1, 10, 100), verdict=Verdict.HOLD)])
    assert database.asked("SELECT left_mm_n, left_mm_low, left_mm_high FROM lane_metres") == [(0, None, None)]
    (sums,) = store.read(partial(lane_sums, roll_id="R1", planned=True))
    assert len(lane_series(sums).measures["left_mm"].metres) == 0


def test_a_lane_that_two_cameras_share_is_one_by_plan_and_two_without(store: Store) -> None:
    one = extent(1, 10, 204.8, right_in_sight=False, right_wave_mm=None)
    other = extent(1, 200, 310, left_in_sight=False, left_wave_mm=None)
    kept(store, [frame(0, one), frame(0, other, camera="cam-2")])
    (shared,) = store.read(partial(lane_sums, roll_id="R1", planned=True))
    assert lane_series(shared).measures["width_mm"].mean.tolist() == [300]
    apart = store.read(partial(lane_sums, roll_id="R1", planned=False))
    assert [each.lane for each in apart] == [LaneId("top", "cam-1", 1), LaneId("top", "cam-2", 1)]


def test_the_two_faces_of_a_web_are_never_mixed(store: Store) -> None:
    kept(store, [frame(0, extent(1, 10, 100)), frame(0, extent(1, 11, 101), camera="cam-2", side="bottom")])
    sums = store.read(partial(lane_sums, roll_id="R1", planned=True))
    assert [each.lane for each in sums] == [LaneId("bottom", "", 1), LaneId("top", "", 1)]


def test_patches_are_whole_again_and_those_of_held_frames_are_not_known(store: Store) -> None:
    def cut(n: int) -> tuple[CoatedPatch, ...]:
        begin, end = 51.2 * n, 51.2 * (n + 1)
        spans = [(max(begin, 76.0 * k), min(end, 76.0 * k + 62)) for k in range(20)]
        return tuple(CoatedPatch(a, b, a > begin, b < end) for a, b in spans if b > a)

    frames = [
        frame(n, extent(1, 10, 100, patches=cut(n)), verdict=Verdict.HOLD if n == 9 else Verdict.PASS)
        for n in range(20)
    ]
    random.Random(4).shuffle(frames)
    kept(store, frames)
    (lane,) = store.read(partial(lane_pieces, roll_id="R1", planned=True))
    patches, skips = patches_and_skips(lane.pieces, lane.seen)
    np.testing.assert_allclose(patches.to_mm - patches.from_mm, 62, atol=1e-9)
    np.testing.assert_allclose(skips.to_mm - skips.from_mm, 14, atol=1e-9)
    held = (9 * 51.2, 10 * 51.2)
    assert all(to <= held[0] or start >= held[1] for start, to in zip(patches.from_mm, patches.to_mm, strict=True))
    assert max(b - a for a, b in pairwise(patches.from_mm)) > 76 + 1
    (sums,) = store.read(partial(lane_sums, roll_id="R1", planned=True))
    coated = sum(patch.to_mm - patch.from_mm for n in range(20) for patch in cut(n))
    assert sums.seen_mm2.sum() == pytest.approx(90 * coated)


def test_defects_are_counted_by_lane_of_their_face(store: Store) -> None:
    plain = frame(0, extent(1, 10, 100))
    found = entry(0, defects=3)
    kept(store, [replace(plain, record=replace(found.record, lanes=plain.record.lanes), crops=found.crops)])
    counted = store.read(partial(defects_by_metre, roll_id="R1", planned=True))
    assert counted[LaneId("top", "", 1)] == {0: 2, 1: 1}


def test_a_frame_without_lanes_keeps_none(store: Store, database: Database) -> None:
    kept(store, [frame(0)])
    assert database.asked("SELECT COUNT(*) FROM lane_metres") == [(0,)]
    assert store.read(partial(lane_pieces, roll_id="R1", planned=True)) == []
