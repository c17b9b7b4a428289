"""Lanes of a frame in millimetres, against the webs that were drawn."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.defect import Kind
from inspection.geometry import Placement
from inspection.lane_extents import lanes_in
from inspection.pipeline import Inspector, look
from inspection.recipe import default_recipe
from inspection.roll.lanes import LaneSettings, PlannedLane
from inspection.synthetic.plan import kinds


def lanes_of(drawn, calibration, *, settings=None, position_mm=0.0):
    web = look(drawn.frame, calibration, default_recipe()).web
    return lanes_in(web, calibration, settings or LaneSettings(), drawn.frame, position_mm)


def placed(calibration, **placement):
    return replace(calibration, placement=replace(Placement(), **placement))


@pytest.mark.parametrize("line", ["graphite", "deep"])
@pytest.mark.parametrize("index", range(4))
def test_edges_lie_where_they_were_drawn(request, line, index) -> None:
    line = request.getfixturevalue(line)
    drawn = line.drawn(index=index, seed=31)
    extents = lanes_of(drawn, line.calibration).extents
    told = [(extent.left_mm, extent.right_mm) for extent in extents]
    np.testing.assert_allclose(told, drawn.truth.edges_px.mean(axis=2) * 0.05, atol=0.02)
    assert [extent.lane for extent in extents] == list(range(1, len(told) + 1))


def test_a_mirrored_camera_tells_the_same_web_with_left_and_right_in_place(graphite) -> None:
    drawn = graphite.drawn(index=1, seed=31)
    flipped = replace(drawn, frame=replace(drawn.frame, pixels=np.ascontiguousarray(drawn.frame.pixels[:, ::-1])))
    lanes_px = graphite.columns - graphite.calibration.lanes_px[::-1, ::-1]
    calibration = replace(
        placed(graphite.calibration, cross_offset_mm=40.0, mirrored=True),
        lanes_px=lanes_px,
        gain=graphite.calibration.gain[::-1].copy(),
    )
    straight = lanes_of(drawn, placed(graphite.calibration, cross_offset_mm=40.0)).extents
    for one, other in zip(straight, lanes_of(flipped, calibration).extents, strict=True):
        assert one.lane == other.lane
        assert (other.left_mm, other.right_mm) == pytest.approx((one.left_mm, one.right_mm), abs=0.01)
        assert other.left_wave_mm == pytest.approx(one.left_wave_mm, rel=0.15)
        assert other.right_wave_mm == pytest.approx(one.right_wave_mm, rel=0.15)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_lane_that_reaches_the_rim_has_no_edge_there(graphite, mirrored) -> None:
    lanes_px = graphite.calibration.lanes_px.copy()
    lanes_px[1, 1] = graphite.columns
    calibration = replace(placed(graphite.calibration, mirrored=mirrored), lanes_px=lanes_px)
    extents = lanes_of(graphite.drawn(seed=31), calibration).extents
    cut = extents[0] if mirrored else extents[1]
    in_sight = (cut.left_in_sight, cut.right_in_sight)
    assert in_sight == ((False, True) if mirrored else (True, False))
    assert (cut.left_wave_mm if mirrored else cut.right_wave_mm) is None
    assert cut.width_mm is None
    assert (cut.left_mm if mirrored else cut.right_mm) == (0.0 if mirrored else graphite.columns * 0.05)


def test_an_edge_that_was_not_found_is_not_in_sight(graphite) -> None:
    drawn = graphite.drawn(seed=31)
    left = int(graphite.calibration.lanes_px[0, 1]) - 150
    pixels = drawn.frame.pixels.copy()
    pixels[:, left : left + 300] = int(graphite.calibration.coating_gl)
    grown = replace(drawn, frame=replace(drawn.frame, pixels=pixels))
    first = lanes_of(grown, graphite.calibration).extents[0]
    assert (first.left_in_sight, first.right_in_sight) == (True, False)
    assert first.right_wave_mm is None


@pytest.mark.parametrize("index", range(6))
def test_patches_are_told_along_the_web_and_whether_the_frame_cuts_them(skipped, index) -> None:
    drawn = skipped.drawn(index=index, seed=32)
    rows = drawn.frame.rows
    position = index * rows * 0.05
    extents = lanes_of(drawn, skipped.calibration, position_mm=position).extents
    for extent in extents:
        told = [(patch.from_mm, patch.to_mm) for patch in extent.patches]
        assert np.abs(np.array(told) - position - 0.05 * np.array(drawn.truth.patches)).max() < 0.08
        cut = [(not patch.from_in_sight, not patch.to_in_sight) for patch in extent.patches]
        assert cut == [(begin == 0, end == rows) for begin, end in drawn.truth.patches]


def test_bare_bands_count_nothing(skipped) -> None:
    for index in range(12):
        drawn = skipped.drawn(index=index, seed=33)
        coated = np.zeros(drawn.frame.rows, bool)
        for begin, end in drawn.truth.patches:
            coated[int(begin) + 8 : int(end) - 8] = True
        true_mm = drawn.truth.edges_px[:, :, coated].mean(axis=2) * 0.05
        told = [(each.left_mm, each.right_mm) for each in lanes_of(drawn, skipped.calibration).extents]
        np.testing.assert_allclose(told, true_mm, atol=0.03)


def test_a_lane_that_is_bare_all_over_has_no_extent_and_its_neighbour_keeps_its_number(skipped) -> None:
    drawn, calibration = skipped.drawn(index=1, seed=34), skipped.calibration
    left, right = (calibration.lanes_px[0] + np.array([-12, 12])).astype(int)
    pixels = drawn.frame.pixels.copy()
    pixels[:, left:right] = np.rint(calibration.foil_gl * calibration.gain[left:right])
    lanes = lanes_of(replace(drawn, frame=replace(drawn.frame, pixels=pixels)), calibration)
    assert [extent.lane for extent in lanes.extents] == [2]
    assert lanes.numbers == (1, 2)


def test_a_lane_that_is_not_skip_coated_has_no_patches(graphite) -> None:
    assert {extent.patches for extent in lanes_of(graphite.drawn(), graphite.calibration).extents} == {None}


def test_waviness_is_that_of_the_edge_and_a_chip_is_none(graphite) -> None:
    plain = lanes_of(graphite.drawn(seed=35), graphite.calibration).extents
    chipped = lanes_of(graphite.drawn(kinds(Kind.EDGE_DEFECT, 2), seed=35), graphite.calibration).extents
    for one, other in zip(plain, chipped, strict=True):
        assert 0.002 < one.left_wave_mm < 0.02
        assert other.left_wave_mm < 3 * one.left_wave_mm
        assert other.right_wave_mm < 3 * one.right_wave_mm


@pytest.mark.parametrize("amplitude_px", [1.0, 2.0])
def test_a_wave_of_known_height_is_measured(graphite, amplitude_px) -> None:
    drawn = graphite.drawn(seed=36)
    along = np.arange(drawn.frame.rows)
    shift = np.rint(amplitude_px * 4 * np.sin(2 * np.pi * along / 96)) / 4
    wavy = np.stack([
        np.interp(np.arange(graphite.columns) - by, np.arange(graphite.columns), row)
        for row, by in zip(drawn.frame.pixels, shift, strict=True)
    ])  # fmt: skip
    moved = replace(drawn, frame=replace(drawn.frame, pixels=np.rint(wavy).astype(np.uint8)))
    extent = lanes_of(moved, graphite.calibration).extents[0]
    assert extent.left_wave_mm == pytest.approx(0.05 * amplitude_px / np.sqrt(2), rel=0.1)


def test_lanes_and_findings_are_numbered_by_the_plan_over_the_whole_web(graphite, classifier) -> None:
    calibration = placed(graphite.calibration, cross_offset_mm=66.0)
    settings = LaneSettings(plan=(PlannedLane(2, 60), PlannedLane(70, width_mm=31), PlannedLane(104, width_mm=30)))
    recipe = replace(default_recipe(), lanes=settings)
    drawn = graphite.drawn(kinds(Kind.BARE_SPOT, 6), seed=37)
    record = Inspector(recipe, classifier, calibration=calibration).inspect(drawn.frame).record
    assert [extent.lane for extent in record.lanes] == [2, 3]
    edges = {extent.lane: (extent.left_mm, extent.right_mm) for extent in record.lanes}
    in_lanes = [defect.finding for defect in record.defects if defect.finding.lane]
    assert len(in_lanes) >= 4
    for finding in in_lanes:
        left, right = edges[finding.lane]
        assert left - 0.5 < finding.cross_mm < right + 0.5


def test_a_mirrored_second_camera_is_numbered_by_the_plan_too(graphite) -> None:
    calibration = placed(graphite.calibration, cross_offset_mm=66.0, mirrored=True)
    settings = LaneSettings(plan=(PlannedLane(2, 60), PlannedLane(70, width_mm=31), PlannedLane(104, width_mm=30)))
    lanes = lanes_of(graphite.drawn(seed=37), calibration, settings=settings)
    assert lanes.numbers == (3, 2)
    assert [extent.lane for extent in lanes.extents] == [2, 3]
