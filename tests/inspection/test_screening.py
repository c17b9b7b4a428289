"""The first look: what is strong enough is seen, and a clean web is clean."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.calibration import PROFILE_WIDTHS_PX, WIDE_TILES
from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.frame import Frame
from inspection.pipeline import light_windows
from inspection.screening import PART_BANDS, ScreeningSettings, screen
from inspection.synthetic.plan import look_alikes, probe_points, probe_stains, probe_streaks
from inspection.web import WebSettings, find_web

GUARD_PX = WebSettings().guard_px


def screened(frame, calibration, sensitivity=1.0):
    windows = light_windows(calibration)
    light = measure_light(frame.pixels, windows, FlatFieldSettings())
    web = find_web(frame.pixels, light, windows, calibration, WebSettings())
    return screen(frame.pixels, light, web, calibration, ScreeningSettings(sensitivity), GUARD_PX)


def tiles_of(box):
    return slice(box.top // 8, (box.bottom - 1) // 8 + 1), slice(box.left // 8, (box.right - 1) // 8 + 1)


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
def test_a_clean_web_is_clean(request, line) -> None:
    line = request.getfixturevalue(line)
    clean = [screened(line.drawn(index=index, seed=13).frame, line.calibration).clean for index in range(10)]
    assert sum(clean) >= 9


def test_look_alikes_are_clean(graphite) -> None:
    clean = [screened(graphite.drawn(look_alikes(), index).frame, graphite.calibration).clean for index in range(8)]
    assert sum(clean) >= 7


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
@pytest.mark.parametrize("bright", [True, False])
def test_every_strong_point_flags_its_tile(request, line, bright) -> None:
    line = request.getfixturevalue(line)
    for index in range(3):
        drawn = line.drawn(probe_points(12, (1.5, 4), 6, bright), index)
        seen = screened(drawn.frame, line.calibration)
        assert not seen.clean
        for truth in drawn.truth.defects:
            assert seen.points[tiles_of(truth.box)].any()
        assert seen.points.sum() <= 4 * 6 + 2


def test_points_below_their_threshold_are_not_seen(graphite) -> None:
    drawn = graphite.drawn(probe_points(1.0, (1.5, 4), 6))
    assert screened(drawn.frame, graphite.calibration).points.sum() <= 1


@pytest.mark.parametrize("line", ["graphite", "deep"])
@pytest.mark.parametrize(("sigma", "width"), [(1.0, 2), (0.6, 6), (0.6, 12)])
def test_a_faint_streak_down_the_frame_stands_out_in_its_columns(request, line, sigma, width) -> None:
    line = request.getfixturevalue(line)
    drawn = line.drawn(probe_streaks(sigma, width))
    (streak,) = drawn.truth.defects
    seen = screened(drawn.frame, line.calibration)
    whole = np.max([np.abs(profile[-1]) for profile in seen.profiles.values()], axis=0)
    assert whole[streak.box.left : streak.box.right].max() > 1
    columns = np.flatnonzero(whole > 1)
    assert columns.min() >= streak.box.left - 20
    assert columns.max() <= streak.box.right + 20
    assert not seen.clean


def test_a_streak_keeps_its_sign(graphite) -> None:
    for seed in range(4):
        drawn = graphite.drawn(probe_streaks(1.0, 4), seed=seed)
        (streak,) = drawn.truth.defects
        profile = screened(drawn.frame, graphite.calibration).profiles[4][-1]
        assert np.sign(profile[int(streak.box.centre[1])]) == np.sign(streak.contrast_sigma)


def test_a_streak_far_below_its_threshold_is_not_seen(graphite) -> None:
    seen = screened(graphite.drawn(probe_streaks(0.01, 4)).frame, graphite.calibration)
    assert all(np.abs(profile).max() < 1 for profile in seen.profiles.values())


@pytest.mark.parametrize("line", ["graphite", "deep"])
def test_a_wide_faint_stain_stands_out_in_a_box(request, line) -> None:
    line = request.getfixturevalue(line)
    drawn = line.drawn(probe_stains(1.5, 70, 2))
    seen = screened(drawn.frame, line.calibration)
    for stain in drawn.truth.defects:
        over = [np.abs(seen.wide[tiles][tiles_of(stain.box)]).max() for tiles in WIDE_TILES]
        assert max(over) > 1
    assert not seen.clean


def test_a_less_sensitive_recipe_sees_less(graphite) -> None:
    drawn = graphite.drawn(probe_points(10, (1.5, 4), 8))
    flagged = [screened(drawn.frame, graphite.calibration, s).points.sum() for s in (0.4, 0.8, 1.0, 1.3)]
    assert flagged[0] == 0
    assert flagged == sorted(flagged)
    assert flagged[-1] > flagged[0]


def test_clean_means_that_no_map_stands_out(graphite) -> None:
    for plan in (None, probe_points(12, (1.5, 4), 3), probe_streaks(1.0, 6), probe_stains(1.5, 70, 2)):
        seen = screened(graphite.drawn(plan).frame, graphite.calibration)
        maps = [*seen.wide.values(), *seen.profiles.values()]
        loud = seen.points.any() or any(np.abs(values).max() > 1 for values in maps)
        assert seen.clean == (not loud)


@pytest.mark.parametrize("rows", [128, 300, 383, 512])
def test_maps_cover_the_frame(graphite, rows) -> None:
    seen = screened(graphite.drawn(rows=rows).frame, graphite.calibration)
    bands, parts = -(-rows // 8), max(-(-rows // 8) // PART_BANDS, 1)
    assert seen.points.shape == seen.tile_sums.shape == (bands, 192)
    assert seen.column_sums.shape == (parts, 1536)
    assert {side: over.shape for side, over in seen.wide.items()} == dict.fromkeys(WIDE_TILES, (bands, 192))
    assert {w: p.shape for w, p in seen.profiles.items()} == dict.fromkeys(PROFILE_WIDTHS_PX, (parts + 1, 1536))


def test_lane_edges_are_not_judged_by_their_grey(graphite) -> None:
    drawn = graphite.drawn()
    pixels = drawn.frame.pixels.copy()
    for edge in drawn.truth.edges_px.mean(axis=2).ravel():
        pixels[:, int(edge) - 2 : int(edge) + 2] = 255
    calm = screened(drawn.frame, graphite.calibration)
    seen = screened(Frame(pixels), graphite.calibration)
    limits = seen.expectation.lanes
    assert (limits[..., 1] - limits[..., 0]).min() >= 2 * GUARD_PX
    assert calm.expectation.coated_columns.sum() == pytest.approx(644 * 2 - 4 * GUARD_PX, abs=12)


def test_the_expectation_is_the_calibrated_web_under_this_lamp(graphite) -> None:
    drawn = graphite.drawn()
    dim = np.rint(drawn.frame.pixels * 0.8).astype(np.uint8)
    plain, dimmed = (screened(Frame(p.copy()), graphite.calibration) for p in (drawn.frame.pixels, dim))
    ratio = dimmed.expectation.coating_gl / plain.expectation.coating_gl
    np.testing.assert_allclose(ratio, 0.8, rtol=0.01)
    inside = plain.expectation.coated_columns
    told = drawn.frame.pixels[:, inside].mean(axis=0)
    assert np.median(np.abs(plain.expectation.coating_gl[inside] / told - 1)) < 0.01


def test_columns_of_unknown_gain_are_never_streaks(graphite) -> None:
    known = graphite.calibration.known_columns.copy()
    drawn = graphite.drawn(probe_streaks(2.0, 4))
    (streak,) = drawn.truth.defects
    known[streak.box.left - 20 : streak.box.right + 20] = False
    seen = screened(drawn.frame, replace(graphite.calibration, known_columns=known))
    whole = [np.abs(profile[-1]).max() for profile in seen.profiles.values()]
    assert max(whole) < 1
