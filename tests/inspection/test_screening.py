"""The first look: what is strong enough is seen, and a clean web is clean."""

import numpy as np
import pytest

from inspection.expectation import expect
from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.frame import Frame
from inspection.pipeline import light_windows
from inspection.screening import ScreeningSettings, screen
from inspection.synthetic.plan import probe_points
from inspection.web import WebSettings, find_web

GUARD_PX = WebSettings().guard_px


def screened(frame, calibration, sensitivity=1.0):
    windows = light_windows(calibration)
    light = measure_light(frame.pixels, windows, FlatFieldSettings())
    web = find_web(frame.pixels, light, windows, calibration, WebSettings())
    expectation = expect(light, web, calibration, GUARD_PX)
    return screen(frame.pixels, expectation, calibration, ScreeningSettings(sensitivity))


def tiles_of(box):
    return slice(box.top // 8, (box.bottom - 1) // 8 + 1), slice(box.left // 8, (box.right - 1) // 8 + 1)


def test_points_below_their_threshold_are_not_seen(graphite) -> None:
    drawn = graphite.drawn(probe_points(1.0, (1.5, 4), 6))
    assert screened(drawn.frame, graphite.calibration).points.sum() <= 1


def test_a_less_sensitive_recipe_sees_less(graphite) -> None:
    drawn = graphite.drawn(probe_points(10, (1.5, 4), 8))
    flagged = [screened(drawn.frame, graphite.calibration, s).points.sum() for s in (0.4, 0.8, 1.0, 1.3)]
    assert flagged[0] == 0
    assert flagged == sorted(flagged)
    assert flagged[-1] > flagged[0]


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


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
@pytest.mark.parametrize("bright", [True, False])
def test_every_strong_point_flags_its_tile(request, line, bright) -> None:
    line = request.getfixturevalue(line)
    for index in range(3):
        drawn = line.drawn(probe_points(12, (1.5, 4), 6, bright), index)
        seen = screened(drawn.frame, line.calibration)
        for truth in drawn.truth.defects:
            assert seen.points[tiles_of(truth.box)].any()
        assert seen.points.sum() <= 4 * 6 + 2
